"""The prompt of a fix: its layout, what stays when it is too long, and its bounds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header
from codekiln.tasks.fix.prompt import LEAST, fix_prompt
from fakes import tiny_tokenizer

HEADER = Header(path="src/first.py", language="python")
CODE = "".join(f"line_{n} = {n}\n" for n in range(1, 101))


def asked(message, code, budget, header=HEADER):
    prompt = fix_prompt(tiny_tokenizer(), message, code, header, budget)
    assert len(prompt.ids) <= budget
    return tiny_tokenizer().decode(prompt.ids), prompt.lines


def test_the_layout():
    text, lines = asked("IndexError: no\n", "def first(items):\n    return items[1]\n", 1000)
    assert text == (
        "src/first.pypython\n### Error\nIndexError: no\n### Code\n"
        "1|def first(items):\n2|    return items[1]\n### Fix\n"
    )
    assert lines == range(1, 3)


def test_lines_around_the_one_that_is_told_stay():
    text, lines = asked('File "first.py", line 70\nNameError: no\n', CODE, 300)
    assert 70 in lines
    assert 8 < len(lines) < 40
    assert abs((lines.start + lines.stop) / 2 - 70) < 3
    assert [int(row.partition("|")[0]) for row in text.split("\n") if "|line_" in row] == list(
        lines
    )
    assert asked("line 1: no\n", CODE, 300)[1].start == 1
    assert asked("line 100: no\n", CODE, 300)[1].stop == 101


def test_of_a_long_message_the_end_stays():
    message = "".join(f"frame {n}\n" for n in range(12)) + "ValueError: the last\n"
    text, _ = asked(message, CODE, 220)
    assert "ValueError: the last\n### Code" in text
    assert "frame 0\n" not in text
    text, _ = asked("x" * 230, CODE, 220)
    assert "### Error\nxxx" in text


@settings(deadline=None)
@given(st.text(max_size=300), st.text(min_size=1, max_size=300), st.integers(0, 400))
def test_the_budget_holds_for_anything(message, code, budget):
    try:
        _, lines = asked(message, code, budget)
    except UsageError:
        assert budget < LEAST + 60 or not code.strip()
    else:
        assert all(1 <= line <= code.count("\n") + 1 for line in lines)


def test_no_code_and_no_room_are_told():
    with pytest.raises(UsageError, match="There is no code to mend"):
        asked("no", " \n", 500)
    with pytest.raises(UsageError, match="The prompt may have 40 tokens, too few for code"):
        asked("no", CODE, 40)
