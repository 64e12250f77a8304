r"""Code tokens: the words and marks of a text, by which texts are compared with one another.

They are the matches of `\w+|[^\w\s]`. Nobody needs their characters, so each is a number of 64 bits from
the start, and numpy makes those of a whole text at once. The numbers are the same on every machine and
in every version, for what is made of them is kept.
"""

import re

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

SPACE, WORD, MARK = range(3)
BLOCK = 8  # bytes that are hashed at a time

_RARE_MARK = re.compile(r"(?![\x00-\x7f])[^\w\s]")
_RARE_SPACE = re.compile(r"(?![\x00-\x7f])\s")
_ODD = np.uint64(0xD6E8FEB86659FD93)  # the multiplier of degski's 64-bit mix
_HALF = np.uint64(32)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(BLOCK + 1)], np.uint64)


def token_hashes(text: str) -> Numbers:
    """The hashes `[tokens]` of a text's tokens, in order: equal for equal tokens, and for no others."""
    if not text.isascii():
        text = _RARE_SPACE.sub(" ", _RARE_MARK.sub(r" \g<0> ", text))
    octets = np.frombuffer(f" {text} {' ' * BLOCK}".encode(), np.uint8)
    kinds = _KINDS[octets]
    seams = kinds[:-1] * np.uint8(3) + kinds[1:]
    starts = np.flatnonzero(_BEGINS[seams]) + 1
    return _hashed(octets, starts, np.flatnonzero(_ENDS[seams]) + 1 - starts)


def mix(numbers: Numbers) -> Numbers:
    """Spread every bit over all others, in place and one-to-one."""
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    return numbers


def _hashed(
    octets: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]
) -> Numbers:
    """A hash of each token: one block of bytes of all tokens at a time."""
    # The eight bytes from each place on, as one number.
    blocks = np.lib.stride_tricks.as_strided(
        octets[:BLOCK].view("<u8"), (len(octets) - BLOCK + 1,), (1,)
    )
    hashes = mix(sizes.view(np.uint64) * _ODD ^ blocks[starts] & _MASKS[np.minimum(sizes, BLOCK)])
    done = BLOCK
    longer = np.flatnonzero(sizes > done)
    while len(longer):
        block = blocks[starts[longer] + done] & _MASKS[np.minimum(sizes[longer] - done, BLOCK)]
        hashes[longer] = mix(hashes[longer] ^ block)
        done += BLOCK
        longer = longer[sizes[longer] > done]
    return hashes


def _kind(octet: int) -> int:
    character = chr(octet)
    if octet > 127:  # part of a letter: rare marks stand apart already
        return WORD
    return SPACE if character.isspace() else WORD if re.match(r"\w", character) else MARK


def _begins(left: int, right: int) -> bool:
    return right == MARK or (right == WORD and left != WORD)


_PAIRS = [(left, right) for left in range(3) for right in range(3)]
_KINDS = np.array([_kind(octet) for octet in range(256)], np.uint8)
_BEGINS = np.array([_begins(left, right) for left, right in _PAIRS])
_ENDS = np.array([_begins(right, left) for left, right in _PAIRS])
