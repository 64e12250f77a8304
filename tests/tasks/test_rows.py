"""Rows: the context is the prompt in use, to the id; the answer ends as the model is to end it."""

import dataclasses

import pytest

from codekiln.errors import UsageError
from codekiln.generate.constraints.healing import Healer
from codekiln.inputs.formats import Header
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


TOKENIZERS = [tiny_tokenizer(), foreign(qwen2(), "<|im_end|>"), foreign(smollm(), "<|im_end|>")]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("example", [COMPLETION, IMPLEMENT])
def test_a_row_asks_as_in_use_and_answers_as_in_use(tokenizer, example):
    """What is in use: the prompt, and healing, which holds the answer to the text it took out of it."""
    row = row_of(tokenizer, example, 500)
    prompt = completion_prompt(
        tokenizer, example.prefix, example.suffix, HEADER, 480, example.related
    )
    healed, healing = Healer(tokenizer).heal(prompt)
    assert row.context == healed
    for token in row.target if healing else []:
        assert healing.allowed()[token]
        healing.advance(token)
    again = example.prefix.encode()[-healing.overlap :] if healing else b""
    said = b"".join(map(tokenizer.bytes_of, row.target))
    assert said == again + example.target.encode()


def test_an_answer_at_a_cursor_has_the_tokens_of_the_whole_text():
    """In SmolLM2's, white space belongs to what follows it; cut off, it is tokens that a text never has."""
    tokenizer = foreign(smollm(), "<|im_end|>")
    for cut in ("\n    return first + second\n", "urn first", "first + second\n"):
        prefix, _, target = (
            "x = 1\ndef add(first, second):\n    return first + second\n"
        ).partition(cut)
        for typed in range(1, 3):
            example = dataclasses.replace(
                COMPLETION,
                prefix=prefix + cut[:typed],
                target=cut[typed:] + target,
                suffix="",
                related="",
            )
            row = row_of(tokenizer, example, 500)
            assert [*row.context[1:], *row.target[:-1]] == tokenizer.encode(prefix + cut + target)


def test_an_answer_that_would_begin_inside_a_character_begins_at_the_cursor():
    tokenizer = tiny_tokenizer()
    inside = dataclasses.replace(COMPLETION, prefix="x = '" + "日本語" * 20)
    row = row_of(tokenizer, inside, 500)
    assert row.target == [*tokenizer.encode(COMPLETION.target), tokenizer.end]
    assert tokenizer.decode(row.context[-9:]) == "日本語"


def test_what_could_go_on_has_no_end():
    tokenizer = tiny_tokenizer()
    last = dataclasses.replace(COMPLETION, suffix=" \n")
    assert row_of(tokenizer, last, 500).target[-1] == tokenizer.end
    qwen = foreign(qwen2(), "<|im_end|>")
    assert row_of(qwen, COMPLETION, 500).target[-1] == qwen.end
    other = foreign(smollm(), "<|im_end|>")
    assert row_of(other, COMPLETION, 500).target == other.encode(" " + COMPLETION.target)
    assert row_of(other, last, 500).target[-1] == other.end


def test_an_implementation_and_a_fix_end_with_the_stop():
    tokenizer = tiny_tokenizer()
    row = row_of(tokenizer, IMPLEMENT, 200)
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
