"""Rows: the context is the prompt in use, to the id; the answer ends as the model is to end it."""

import dataclasses

import pytest

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header, fill_in_the_middle, header_ids
from codekiln.tasks import completion_prompt
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.prompt import fix_prompt
from codekiln.tasks.implement import implement_prompt
from codekiln.tasks.rows import row_of
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, qwen2, smollm

ORIGIN = Origin("s", "repo", "src/a.py", "MIT", "python")
HEADER = Header("repo", "src/a.py", "python")
COMPLETION = TaskExample(
    "completion",
    "line",
    ORIGIN,
    "first + second",
    prefix="def add(first, second):\n    return ",
    suffix="\n\n\nprint(add(1, 2))\n",
    related="# b.py\n# x = 1\n",
)
IMPLEMENT = TaskExample(
    "implement", "pep257", ORIGIN, "    return 1\n", prefix='def one():\n    """One."""\n'
)
BROKEN = "".join(f"line_{n} = {n}\n" for n in range(60)) + "def f(:\n    pass\n"
FIX = TaskExample(
    "fix",
    "missing-name",
    ORIGIN,
    Patch.between(BROKEN, BROKEN.replace("(:", "():")).text,
    message='File "a.py", line 61\nSyntaxError: invalid syntax\n',
    code=BROKEN,
)


def test_a_completion_is_asked_for_as_in_use():
    tokenizer = tiny_tokenizer()
    row = row_of(tokenizer, COMPLETION, 500)
    assert row.target == [*tokenizer.encode("first + second"), tokenizer.end]
    prompt = completion_prompt(
        tokenizer,
        COMPLETION.prefix,
        COMPLETION.suffix,
        HEADER,
        500 - len(row.target),
        COMPLETION.related,
    )
    assert row.context == prompt
    before, middle, after = (
        tokenizer.encode(text)
        for text in (COMPLETION.related + COMPLETION.prefix, "first + second", COMPLETION.suffix)
    )
    whole = header_ids(tokenizer, HEADER) + fill_in_the_middle(
        tokenizer, before, middle, after, "spm"
    )
    assert row.context + row.target[:-1] == whole


def test_what_could_go_on_has_no_end():
    tokenizer = tiny_tokenizer()
    last = dataclasses.replace(COMPLETION, suffix=" \n")
    assert row_of(tokenizer, last, 500).target[-1] == tokenizer.end
    qwen = foreign(qwen2(), "<|im_end|>")
    assert row_of(qwen, COMPLETION, 500).target[-1] == qwen.end
    other = foreign(smollm(), "<|im_end|>")
    assert row_of(other, COMPLETION, 500).target == other.encode(COMPLETION.target)
    assert row_of(other, last, 500).target[-1] == other.end


def test_an_implementation_and_a_fix_end_with_the_stop():
    tokenizer = tiny_tokenizer()
    row = row_of(tokenizer, IMPLEMENT, 200)
    assert row.context == implement_prompt(
        tokenizer, IMPLEMENT.prefix, HEADER, 200 - len(row.target)
    )
    assert row.target == [*tokenizer.encode(IMPLEMENT.target), tokenizer.stop]
    row = row_of(tokenizer, FIX, 300)
    prompt = fix_prompt(tokenizer, FIX.message, BROKEN, HEADER, 300 - len(row.target))
    assert row.context == prompt.ids
    assert tokenizer.decode(row.target) == "-61|def f(:\n+61|def f():\n"


@pytest.mark.parametrize("example", [COMPLETION, IMPLEMENT, FIX])
@pytest.mark.parametrize("length", [64, 150, 220, 400])
def test_no_row_is_longer_than_it_may_be(example, length):
    row = row_of(tiny_tokenizer(), example, length) if length > 64 or example is not FIX else None
    assert row is None or 0 < len(row.context) + len(row.target) <= length


def test_what_cannot_be_learned_from_is_left_out():
    tokenizer = tiny_tokenizer()
    long = dataclasses.replace(IMPLEMENT, target="    x = 1\n" * 60)
    assert row_of(tokenizer, long, 300) is None
    assert row_of(tokenizer, long, 2000) is not None
    elsewhere = dataclasses.replace(FIX, message='File "a.py", line 5\nSyntaxError: no\n')
    assert row_of(tokenizer, elsewhere, 300) is None
    with pytest.raises(UsageError, match=r"An example of src/a\.py has an empty answer"):
        row_of(tokenizer, dataclasses.replace(IMPLEMENT, target=" \n"), 300)


def test_a_row_of_a_table_is_the_example():
    example = dataclasses.replace(
        FIX, trial={"file": "a.py", "command": ["c"], "files": {"t": "é"}}
    )
    assert TaskExample.of(example.plain()) == example
    assert TaskExample.of(COMPLETION.plain()) == COMPLETION
    with pytest.raises(UsageError, match="A body begins on a line of its own"):
        implement_prompt(tiny_tokenizer(), "def f():", HEADER, 100)
