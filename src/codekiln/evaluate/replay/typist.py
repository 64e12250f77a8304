"""One line typed from its beginning to its end, with what a completer shows on the way.

It is asked at the line's start and behind each word. As an editor does, an answer that is worth it is
offered for as long as the typed text agrees with it, and only then is another asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from codekiln.evaluate.replay.added import AddedLine
from codekiln.generate.offers import READING

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Answer:
    """What is said behind some text, the milliseconds until it was, and whether a user would see it."""

    text: str
    milliseconds: float
    is_offered: bool = True


Ask = Callable[[AddedLine, int], Answer]
"""The answer where so many characters of a line have been typed."""


@dataclass(frozen=True)
class Said:
    """What is said behind `typed` characters; `answer` is None where it was offered before and stands."""

    typed: int
    text: str
    answer: Answer | None


def places(text: str) -> list[int]:
    """Where to ask: before the line, and behind each of its words but a last one.

    >>> places("return first + 1")
    [0, 6, 12]
    """
    ends = (found.end() for found in _WORD.finditer(text))
    return [0, *(end for end in ends if end < len(text))]


def type_along(line: AddedLine, ask: Ask) -> list[Said]:
    """What is said at each of the `places`."""
    said: list[Said] = []
    start, offered = 0, ""
    for place in places(line.text):
        typed = line.text[start:place]
        rest = offered[len(typed) :] if offered.startswith(typed) else ""
        answer = None
        if not rest:
            answer = ask(line, place)
            rest = answer.text.rstrip()
            start, offered = place, rest if answer.is_offered else ""
        said.append(Said(place, rest, answer))
    return said


def keys(text: str, said: list[Said]) -> tuple[float, int]:
    """The keys that a line takes, and how many of its characters were written by what was offered.

    Who types takes an offer, with one key, if all of it is right. Any other is read once, for `READING`.
    """
    pressed, written, place = 0.0, 0, 0
    for one in said:
        if one.typed < place or not one.answer or not one.answer.is_offered or not one.text:
            continue
        pressed, place = pressed + one.typed - place, one.typed
        if text.startswith(one.text, place):
            pressed, written, place = pressed + 1, written + len(one.text), place + len(one.text)
        else:
            pressed += READING
    return pressed + len(text) - place, written


def similarity(one: str, other: str) -> float:
    """1 − the edits that turn one text into the other (Levenshtein 1966), by the longer one's length.

    >>> similarity("return a", "return ab"), similarity("", "")
    (0.8888888888888888, 1.0)
    """
    if one == other:
        return 1.0
    row = list(range(len(other) + 1))
    for n, sign in enumerate(one, start=1):
        corner, row[0] = row[0], n
        for m, against in enumerate(other, start=1):
            corner, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, corner + (sign != against))
    return 1 - row[-1] / max(len(one), len(other))
