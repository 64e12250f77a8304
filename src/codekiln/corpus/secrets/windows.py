"""The parts of a text where something random could stand: round its long unbroken words.

Keys and tokens are long and mixed, and code has few such words, so most of a text needs no closer
look. This is what makes the search cheap: one pass over bytes instead of one for each of a hundred
prefixes.
"""

import re
from collections.abc import Iterator
from string import ascii_letters, digits

from codekiln.corpus.secrets.excerpt import Excerpt, excerpt

LONG = 16  # characters; what is shorter is either no key or known by its rule as `short`
BEFORE = 40  # how far before the word its prefix or its name may begin

_IN_WORD, _BETWEEN = b"a", b" "
_MASK = bytes(97 if chr(byte) in ascii_letters + digits + "_-+/%~" else 32 for byte in range(256))
_LONG_WORD = _IN_WORD * LONG
# As names and paths are. Of random words of 16 letters and digits one in seven hundred looks so, of 20
# one in five thousand.
_PLAIN = re.compile(
    rb"(?:[a-z_+/%~-]*+(?:[A-Z]{1,4}[a-z_+/%~-]{3,}+)*+[A-Z]{0,4}|[A-Z+/%~-]*_[A-Z_+/%~-]*)(?![\w+/%~-])"
)


def windows(text: str) -> Excerpt:
    """All words of `LONG` characters and more that are not plain, and what stands before them."""
    return excerpt(text, _spans(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    letters = text.encode("ascii", "replace")  # a byte for each character
    mask = letters.translate(_MASK)
    place = mask.find(_LONG_WORD)
    while place >= 0:
        plain = _PLAIN.match(letters, place)
        if plain:
            end = plain.end()
        else:
            end = mask.find(_BETWEEN, place + LONG)
            if end < 0:
                end = len(mask)
            yield max(0, place - BEFORE), end
        place = mask.find(_LONG_WORD, end)
