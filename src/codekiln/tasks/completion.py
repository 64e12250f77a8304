"""Completion: the prompt that asks for the text between a prefix and a suffix.

The layouts themselves are `inputs.formats`, which training uses too. What is decided here is what
stays when a file is larger than the prompt may be; what of other files comes in front of it is
`tasks.context`. The prefix may end inside a word: training cuts the spans for fill-in-the-middle at
any character, so the model has seen such ends.

An engine keeps what it computed for the last prompt as far as the next one begins with the same ids.
So whatever is cut, is cut in large steps, at places that are counted from the file's beginning: who
types on has the same beginning for many keys, and pays for what is new.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from codekiln.errors import UsageError
from codekiln.inputs.formats import FIM_TOKENS, Header, fill_in_the_middle, header_ids, prompt_order
from codekiln.tokenizer import Tokenizer

# The end of a prefix is looked for in so many characters a token of room, or in four times as many
# where those hold too few tokens. A large file costs nothing.
CHARACTERS_PER_TOKEN = 4
HEADER_SHARE = 2  # the header may take at most one half of the prompt
CONTEXT_SHARE = 2  # what comes from other files, at most one half of what the header leaves
SUFFIX_SHARE = 4  # the suffix, at most one quarter of that if the prefix needs the rest
PREFIX_STEPS = 4  # a prefix loses its beginning a quarter of its room at a time
SUFFIX_STEPS = 8  # what the prefix does not need goes to the suffix in eighths of the room

_CHUNK = 512  # characters that are encoded together, and remembered
# Tokens of ours and of Qwen's never cross this place. Those of GPT-2's kind may, and are then cut in two.
_LINE = re.compile(r"\n(?=[ \t]*\S)")


def completion_prompt(
    tokenizer: Tokenizer,
    prefix: str,
    suffix: str,
    header: Header,
    budget: int,
    context: str = "",
) -> list[int]:
    """At most `budget` ids: plain header and prefix, or fill-in-the-middle if there is a suffix.

    A suffix of white space counts as none, and so does any that the model cannot be told. The prefix
    keeps its end, from the beginning of a line where one is near, and the suffix its beginning, cut
    between tokens. The suffix gets a quarter of the room, and what one of them does not need, the
    other gets, the suffix in eighths of the room. A header that is too long loses the path first,
    then the repository, then all. `context`, whole lines from elsewhere, stands in front of the prefix
    as if it were part of the file; it takes its room from the prefix, and is left out if it is longer
    than half of the room.

    Raises:
        UsageError: `budget` is below 1.
    """
    if budget < 1:
        raise UsageError(f"The prompt may have {budget} tokens, but needs 1: use fewer max_tokens.")
    opening = _opening(tokenizer, header, budget)
    room = budget - len(opening)
    order = prompt_order(tokenizer)
    fills = order is not None and bool(suffix.strip()) and room > FIM_TOKENS
    room -= FIM_TOKENS * fills
    front = _context(tokenizer, context, room)
    end = _end(tokenizer, prefix, room)
    if order is None or not fills:
        return opening + front + _cut(tokenizer, end, room - len(front))
    after = _beginning(tokenizer, suffix, _suffix_room(room, len(front) + len(end)))
    before = front + _cut(tokenizer, end, room - len(front) - len(after))
    return opening + fill_in_the_middle(tokenizer, before, [], after, order)


def _opening(tokenizer: Tokenizer, header: Header, budget: int) -> list[int]:
    no_path = replace(header, path="")
    for shorter in (header, no_path, replace(no_path, repository="")):
        ids = header_ids(tokenizer, shorter)
        if len(ids) <= budget // HEADER_SHARE:
            return ids
    return [tokenizer.opening]


def _context(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    ids = [token for chunk in _chunks(text, 0) for token in _encode(tokenizer, chunk)]
    return ids if len(ids) <= room // CONTEXT_SHARE else []


def _suffix_room(room: int, needed: int) -> int:
    """What the suffix may have where that much in front of the cursor wants to be in."""
    spare, step = max(room - needed, 0), max(room // SUFFIX_STEPS, 1)
    return max(room // SUFFIX_SHARE, spare - spare % step)


def _end(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    """The ids of the end of a text: `room` of them or more, unless there are no more.

    They begin at a place that text added at the end leaves where it is, until it is twice as far.
    """
    ids: list[int] = []
    for characters in (CHARACTERS_PER_TOKEN, 4 * CHARACTERS_PER_TOKEN):
        span = -(-max(room, 1) * characters // _CHUNK) * _CHUNK
        start = max(len(text) // span - 1, 0) * span
        ids = [token for chunk in _chunks(text, start) for token in _encode(tokenizer, chunk)]
        if start == 0 or len(ids) >= room:
            break
    return ids


def _cut(tokenizer: Tokenizer, ids: list[int], room: int) -> list[int]:
    """The last ids, at most `room`; what goes is a multiple of a large step, and the rest of a line."""
    if len(ids) <= room:
        return ids
    step = max(room // PREFIX_STEPS, 1)
    cut = -(-(len(ids) - room) // step) * step
    for place in range(cut, cut + step // 2):
        if tokenizer.bytes_of(ids[place - 1]).endswith(b"\n"):
            return ids[place:]
    return ids[cut:]


def _beginning(tokenizer: Tokenizer, text: str, room: int) -> list[int]:
    ids: list[int] = []
    for chunk in _chunks(text, 0):
        if len(ids) >= room:
            break
        ids += _encode(tokenizer, chunk)
    return ids[:room]


def _chunks(text: str, start: int) -> Iterator[str]:
    """A text from about `start`, a multiple of the chunk, in pieces that begin at a line where they can.

    Text added at the end changes the last piece alone.
    """
    place = _border(text, start)
    for multiple in range(start + _CHUNK, len(text), _CHUNK):
        border = _border(text, multiple)
        if border > place:
            yield text[place:border]
            place = border
    yield text[place:]


def _border(text: str, place: int) -> int:
    """The first line within a chunk from `place`; 0 if the text has to go on to tell."""
    line = _LINE.search(text, place - 1, place + _CHUNK) if place else None
    if line:
        return line.end()
    return place if place + _CHUNK <= len(text) else 0


@lru_cache(maxsize=512)
def _encode(tokenizer: Tokenizer, text: str) -> "array[int]":
    return array("i", tokenizer.encode(text))  # a ninth of what as many numbers take
