"""From an example to ids: a context, by the code that makes the prompts in use, and the answer.

What a model learns from is the answer alone, −Σ log p(y | c). It begins as answers in use do, with the
word or white space before the cursor (`healing`): a model that has only seen the prompt end at the cursor
would be asked for what it never learned. It ends with what the model is to say where it is done, but for a
completion with nothing behind it, which could go on.
"""

from typing import NamedTuple

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header, prompt_order
from codekiln.tasks.completion import completion_prompt
from codekiln.tasks.example import TaskExample
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.prompt import fix_prompt
from codekiln.tasks.implement.prompt import implement_prompt
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.healing import opened

CONTEXT_SHARE = 3  # at least one third of a row is context: a longer answer is left out


class Row(NamedTuple):
    """Ids that are given, and ids to answer with; neither is empty."""

    context: list[int]
    target: list[int]


def row_of(tokenizer: Tokenizer, example: TaskExample, length: int) -> Row | None:
    """At most `length` ids in all; None where the answer is too long for it, or needs what is not shown.

    Raises:
        UsageError: the answer is empty.
    """
    if not example.target.strip():
        raise UsageError(
            f"An example of {example.origin.path} has an empty answer, from which nothing is learned: "
            "leave it out."
        )
    target = _target(tokenizer, example, "")
    budget = length - len(target)
    if budget < length // CONTEXT_SHARE:
        return None
    context = _context(tokenizer, example, budget)
    row = _opened(tokenizer, example, Row(context, target))
    return row if context and sum(map(len, row)) <= length else None


def _opened(tokenizer: Tokenizer, example: TaskExample, row: Row) -> Row:
    """The row with an answer that begins before the cursor, where one in use would."""
    if not row.context or not example.prefix:
        return row
    ids, text = opened(tokenizer, row.context)
    try:
        again = text.decode()
    except UnicodeDecodeError:  # the ids begin inside a character
        return row
    return Row(ids, _target(tokenizer, example, again))


def _target(tokenizer: Tokenizer, example: TaskExample, again: str) -> list[int]:
    """The ids of the answer, `again` in front, and its end."""
    return [*tokenizer.encode(again + example.target), *_ending(tokenizer, example)]


def header_of(example: TaskExample) -> Header:
    """What the prompt in use would say of the file."""
    origin = example.origin
    return Header(origin.repository, origin.path, origin.language)


def _context(tokenizer: Tokenizer, example: TaskExample, budget: int) -> list[int]:
    header = header_of(example)
    if example.task == "fix":
        prompt = fix_prompt(tokenizer, example.message, example.code, header, budget)
        return prompt.ids if _is_shown(example.target, prompt.lines) else []
    if example.task == "implement":
        return implement_prompt(tokenizer, example.prefix, header, budget, example.related)
    return completion_prompt(
        tokenizer, example.prefix, example.suffix, header, budget, example.related
    )


def _is_shown(target: str, lines: range) -> bool:
    """Whether a patch is of lines that the prompt shows, or comes right behind them."""
    touched = Patch.parse(target).lines
    return bool(lines) and lines.start <= touched.start and touched.stop <= lines.stop + 1


def _ending(tokenizer: Tokenizer, example: TaskExample) -> list[int]:
    if example.task != "completion":
        return [tokenizer.stop]
    is_filled_in = bool(example.suffix.strip()) and prompt_order(tokenizer) is not None
    return [tokenizer.end] if is_filled_in or not example.suffix.strip() else []
