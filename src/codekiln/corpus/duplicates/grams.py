"""The 5-grams of documents' code tokens, as numbers of 64 bits; whole batches at once.

The numbers are the same on every machine and in every version, for they are kept.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

NGRAM = 5
WORD = 8  # bytes

Numbers = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_ODD = np.uint64(0xD6E8FEB86659FD93)  # the multiplier of degski's 64-bit mix
_HALF = np.uint64(32)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)


def constants(name: str, count: int) -> Numbers:
    """Random odd numbers that never change."""
    octets = hashlib.shake_128(name.encode()).digest(count * WORD)
    return np.frombuffer(octets, "<u8") | np.uint64(1)


_FACTORS = constants("grams", NGRAM)


def grams(documents: Sequence[Sequence[str]]) -> tuple[Numbers, Counts]:
    """The 5-grams of all documents in a row, and how many each document has.

    A gram is the sum of its tokens' hashes, each times a number of its own for its place. A document
    of fewer than five tokens, none of which may hold a space, is filled up with empty ones: a single
    gram, so that it is like no other but its equals.
    """
    hashes = _token_hashes([" ".join(_filled(tokens)) for tokens in documents])
    lengths = np.array([max(NGRAM, len(tokens)) for tokens in documents], np.int64)
    size = max(0, len(hashes) - NGRAM + 1)
    numbers = np.zeros(size, np.uint64)
    for place, factor in enumerate(_FACTORS):
        numbers += hashes[place : place + size] * factor
    within = np.ones(len(hashes), bool)  # the last four tokens of a document begin no gram of it
    for place in range(1, NGRAM):
        within[np.cumsum(lengths) - place] = False
    return numbers[within[:size]], lengths - NGRAM + 1


def mix(numbers: Numbers) -> Numbers:
    """Spread every bit over all others, in place and one-to-one."""
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    numbers *= _ODD
    numbers ^= numbers >> _HALF
    return numbers


def _filled(tokens: Sequence[str]) -> Sequence[str]:
    return tokens if len(tokens) >= NGRAM else [*tokens, *[""] * (NGRAM - len(tokens))]


def _token_hashes(texts: Sequence[str]) -> Numbers:
    """A hash of each token, where one space parts two: eight bytes of all tokens at a time."""
    content = "".join([text + " " for text in texts]).encode()
    octets = np.frombuffer(content + bytes(WORD), np.uint8)
    ends = np.flatnonzero(octets == ord(" "))
    starts = np.concatenate((np.zeros(1, np.int64), ends + 1))[:-1]
    sizes = ends - starts
    # The eight bytes from each place on, as one number.
    words = np.lib.stride_tricks.as_strided(
        octets[:WORD].view("<u8"), (len(octets) - WORD + 1,), (1,)
    )
    hashes = mix(sizes.view(np.uint64) * _ODD ^ words[starts] & _MASKS[np.minimum(sizes, WORD)])
    done = WORD
    longer = np.flatnonzero(sizes > done)
    while len(longer):
        block = words[starts[longer] + done] & _MASKS[np.minimum(sizes[longer] - done, WORD)]
        hashes[longer] = mix(hashes[longer] ^ block)
        done += WORD
        longer = longer[sizes[longer] > done]
    return hashes
