"""One line typed from its beginning to its end, with what a completer shows on the way.

It is asked at the line's start and behind each word. As an editor does, an answer is shown for as long as
the typed text agrees with it, and only then is another asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from codekiln.evaluate.replay.added import AddedLine

READING = 1.0  # keys that a suggestion costs which is read and not taken: see `keys`

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Answer:
    """What is shown behind some text, and the milliseconds until it was."""

    text: str
    milliseconds: float


Ask = Callable[[AddedLine, int], Answer]
"""The answer where so many characters of a line have been typed."""


@dataclass(frozen=True)
class Shown:
    """What stands behind the cursor after `typed` characters; `answer` is None where it stood before."""

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


def type_along(line: AddedLine, ask: Ask) -> list[Shown]:
    """What is shown at each of the `places`."""
    shown: list[Shown] = []
    start, said = 0, ""
    for place in places(line.text):
        typed = line.text[start:place]
        rest = said[len(typed) :] if said.startswith(typed) else ""
        answer = None
        if not rest:
            answer = ask(line, place)
            start, said = place, answer.text.rstrip()
            rest = said
        shown.append(Shown(place, rest, answer))
    return shown


def keys(text: str, shown: list[Shown]) -> tuple[float, int]:
    """The keys that a line takes, and how many of its characters suggestions wrote.

    Who types takes a suggestion, with one key, if all of it is right. Any other is read once, and that
    costs `READING`: a glance of 200 to 250 ms (Rayner 1998, table 1), as long as a key (239 ms; Dhakal et
    al. 2018, table 2).
    """
    pressed, written, place = 0.0, 0, 0
    for one in shown:
        if one.typed < place or not one.answer or not one.text:
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
