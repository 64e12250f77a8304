"""The parts of a text where something random could stand: round its long unbroken words.

Keys and tokens are long, and code has few long words, so most of a text needs no closer look. This
is what makes the search cheap: one pass over bytes instead of one for each of a hundred prefixes.
"""

from string import ascii_letters, digits
from typing import NamedTuple

LONG = 16  # characters; what is shorter is either no key or known by its rule as `short`
BEFORE = 40  # how far before the word its prefix or its name may begin

_IN_WORD, _BETWEEN = b"a", b" "
_MASK = bytes(97 if chr(byte) in ascii_letters + digits + "_-+/" else 32 for byte in range(256))
_LONG_WORD = _IN_WORD * LONG


class Windows(NamedTuple):
    """Spans of (start, end) with all long words and what stands before them; and their text."""

    spans: list[tuple[int, int]]
    digest: str


def windows(text: str) -> Windows:
    """Where the words of `LONG` characters and more are. Names and prefixes begin within reach."""
    mask = text.encode("ascii", "replace").translate(_MASK)  # a byte for each character
    spans: list[tuple[int, int]] = []
    place = mask.find(_LONG_WORD)
    while place >= 0:
        end = mask.find(_BETWEEN, place + LONG)
        if end < 0:
            end = len(mask)
        start = max(0, place - BEFORE)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
        place = mask.find(_LONG_WORD, end)
    return Windows(spans, "\n".join([text[start:end] for start, end in spans]))
