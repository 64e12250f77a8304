"""Fix: the prompt that asks for a patch, given what went wrong and the code.

    HEADER
    ### Error
    IndexError: list index out of range
    ### Code
    1|def first(items):
    2|    return items[1]
    ### Fix
    -2|    return items[1]         from here on the answer
    +2|    return items[0]

It is plain text, so that any base learns it, whatever its special tokens are. The lines keep their
numbers in the file, also where only those around the error fit.
"""

from collections.abc import Sequence
from typing import NamedTuple

from codekiln.errors import UsageError
from codekiln.inputs.formats import Header, header_ids
from codekiln.tasks.fix.message import cleaned, focus
from codekiln.tasks.fix.patch import numbered
from codekiln.tokenizer import Tokenizer

ERROR, CODE, FIX = "### Error\n", "### Code\n", "### Fix\n"
HEADER_SHARE = 4  # the header may take at most one quarter of the prompt
MESSAGE_SHARE = 3  # the message at most one third of what the header leaves
LEAST = 32  # tokens below which there is no asking


class FixPrompt(NamedTuple):
    """The ids, and which lines of the code are in them: of others no patch can be learned."""

    ids: list[int]
    lines: range


def fix_prompt(
    tokenizer: Tokenizer, message: str, code: str, header: Header, budget: int
) -> FixPrompt:
    """At most `budget` ids; `code` is the whole file, or what of it stands alone.

    The message is cleaned, and loses its beginning if it is too long. Of code that is too long the lines
    around the one that the message is about are shown.

    Raises:
        UsageError: there is no code, or `budget` is too small for any of it.
    """
    if not code.strip():
        raise UsageError("There is no code to mend: give the file that the error is in.")
    opening = header_ids(tokenizer, header)
    if len(opening) > budget // HEADER_SHARE:
        opening = [tokenizer.opening]
    error, between, ending = map(tokenizer.encode, (ERROR, CODE, FIX))
    room = budget - len(opening) - len(error) - len(between) - len(ending)
    if room < LEAST:
        raise UsageError(f"The prompt may have {budget} tokens, too few for code: use more.")
    told = cleaned(message)
    said = _last_lines(tokenizer, told, room // MESSAGE_SHARE)
    rows = [tokenizer.encode(f"{row}\n") for row in numbered(code).removesuffix("\n").split("\n")]
    place = focus(told, header.path.rpartition("/")[2], len(rows))
    lines = _around([len(row) for row in rows], place, room - len(said))
    shown = [token for number in lines for token in rows[number - 1]]
    return FixPrompt([*opening, *error, *said, *between, *shown, *ending], lines)


def _last_lines(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    """The ids of as many lines of the end as fit; of the last line, its beginning."""
    taken: list[int] = []
    for line in reversed(text.removesuffix("\n").split("\n")):
        ids = tokenizer.encode(f"{line}\n")
        if len(ids) + len(taken) > room:
            return taken or [*ids[: room - 1], *tokenizer.encode("\n")]
        taken = ids + taken
    return taken


def _around(sizes: Sequence[int], place: int, room: int) -> range:
    """The lines, counted from 1, that fit around one of them, by turns above and below; maybe none."""
    if sizes[place - 1] > room:
        return range(0)
    first = last = place - 1
    left = room - sizes[first]
    above = below = True
    while above or below:
        above = first > 0 and sizes[first - 1] <= left
        if above:
            first -= 1
            left -= sizes[first]
        below = last + 1 < len(sizes) and sizes[last + 1] <= left
        if below:
            last += 1
            left -= sizes[last]
    return range(first + 1, last + 2)
