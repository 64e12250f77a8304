"""What a candidate says a second time: the text that stands behind the cursor already.

A model that has said what was missing goes on with what follows. No parser can tell that, since a statement
twice is no error. Judged here by the text alone; files do repeat short lines, so short ones may stay.
"""

import re

from codekiln.generate.verify.brackets import surplus

LEAST = 8  # letters and digits that must be said twice
WINDOW = 2048  # characters on either side that are compared

_DOUBLED = re.compile(r"[)\]};:,\s]{0,64}")
_TERMINATORS = (";", ",")
_TWO_LINES = re.compile(r"(?:\s*\S[^\n]*(?=\n)){2}")


def without_repeated(prefix: str, candidate: str, suffix: str) -> str:
    """The candidate up to where it begins to repeat the suffix, or else as it is.

    That is where the next two lines of the suffix stand in it, or where its end is the beginning of the
    suffix; of a `;` or `,` one is enough. On a line of its own it may repeat the lines below as well.
    """
    ahead = suffix[:WINDOW]
    place = _repeats_from(candidate, ahead)
    if place is not None:
        return candidate[:place]
    if ahead.startswith(_TERMINATORS) and candidate.endswith(ahead[0]):
        return candidate[:-1]
    below = ahead.lstrip()
    alone = not prefix[prefix.rfind("\n") + 1 :].strip() and below != ahead
    if alone and below and _repeats_from(candidate.lstrip(), below) == 0:
        return ""
    return candidate


def without_doubled(prefix: str, candidate: str, suffix: str) -> str:
    """The candidate without closing brackets, of several lines perhaps, that stand behind the cursor.

    They are taken away only if there then are fewer brackets closed that were never opened, from the
    cursor's line to that of the last of them.
    """
    closers = _DOUBLED.match(suffix)
    assert closers  # perhaps none
    end = suffix.find("\n", closers.end())
    line = prefix[prefix.rfind("\n") + 1 :][-WINDOW:]
    rest = suffix[: end if end >= 0 else len(suffix)][:WINDOW]
    for length in range(closers.end(), 0, -1):
        shorter = candidate[:-length]
        if candidate.endswith(rest[:length]) and (
            surplus(line + shorter + rest) < surplus(line + candidate + rest)
        ):
            return shorter
    return candidate


def _repeats_from(candidate: str, ahead: str) -> int | None:
    """The first place from which `candidate` says what `ahead` begins with, enough to be no accident."""
    two = _TWO_LINES.match(ahead)
    place = candidate.find(two[0]) if two and _says_enough(two[0]) else -1
    if place >= 0 and not _is_amid_word(candidate, place):
        return place
    text = candidate.rstrip()
    for place in range(max(len(text) - WINDOW, 0), len(text)):
        if ahead.startswith(text[place:]) and not _is_amid_word(text, place):
            return place if _says_enough(text[place:]) else None
    return None


def _is_amid_word(text: str, place: int) -> bool:
    return place > 0 and text[place - 1].isalnum() and text[place].isalnum()


def _says_enough(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= LEAST
