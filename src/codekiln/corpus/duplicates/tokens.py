r"""Code tokens: the words and marks of a text, by which texts are compared with one another.

They are the matches of `\w+|[^\w\s]`. Nobody needs their characters, so each is a number of 64 bits from
the start, and numpy makes those of a whole text at once. The numbers are the same on every machine and
in every version, for what is made of them is kept.
"""

import re
from functools import cache

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

SPACE, WORD, MARK = range(3)
BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64

_RARE = re.compile(r"[^\x00-\x7f]+")
_MARK, _SPACE = re.compile(r"[^\w\s]"), re.compile(r"\s")
_ODD = np.uint64(0xD6E8FEB86659FD93)  # the multiplier of degski's 64-bit mix
_HALF = np.uint64(32)


def token_hashes(text: str) -> Numbers:
    """The hashes `[tokens]` of a text's tokens, in order: equal for equal tokens.

    A token's bytes are the coefficients of a polynomial in `BASE` modulo 2^64 (Karp & Rabin 1987),
    so those of all tokens come from one running sum over the text, each divided by the power of
    `BASE` at its beginning. Its size is added, and all is mixed.
    """
    if not text.isascii():
        text = _RARE.sub(_apart, text)
    content = f" {text} ".encode()
    before, last = _tokens(content)
    powers, inverses = _powers(1 << len(content).bit_length())
    sums = np.cumsum(np.frombuffer(content, np.uint8) * powers[: len(content)])
    hashes = sums.take(last)
    hashes -= sums.take(before)
    hashes *= inverses.take(before)
    hashes += (last - before).view(np.uint64)
    return mix(hashes)


def mix(numbers: Numbers) -> Numbers:
    """Spread every bit over all others, in place and one-to-one."""
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    return numbers


def _apart(rare: re.Match[str]) -> str:
    """A run of rare characters in which marks stand apart and white space is plain."""
    return _SPACE.sub(" ", _MARK.sub(r" \g<0> ", rare[0]))


def _tokens(content: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Of each token, the place before its first byte and that of its last."""
    kinds = np.frombuffer(content.translate(_KINDS), np.uint8)
    words, marks = kinds == WORD, kinds == MARK
    edges = words[:-1] != words[1:]
    before = np.flatnonzero(edges & words[1:] | marks[1:])
    last = np.flatnonzero(edges & words[:-1] | marks[:-1])
    return before, last


@cache
def _powers(count: int) -> tuple[Numbers, Numbers]:
    """The first so many powers of `BASE` and of its inverse."""
    return _geometric(BASE, count), _geometric(pow(BASE, -1, 1 << 64), count)


def _geometric(base: int, count: int) -> Numbers:
    numbers = np.full(count, np.uint64(base))
    numbers[0] = 1
    return np.cumprod(numbers)


def _kind(octet: int) -> int:
    character = chr(octet)
    if octet > 127:  # part of a letter: rare marks stand apart already
        return WORD
    return SPACE if character.isspace() else WORD if re.match(r"\w", character) else MARK


_KINDS = bytes(map(_kind, range(256)))
