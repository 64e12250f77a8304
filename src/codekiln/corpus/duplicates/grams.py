"""The 5-grams of documents' code tokens, as numbers of 64 bits; whole batches at once.

The numbers are the same on every machine and in every version, for what is made of them is kept.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codekiln.corpus.duplicates.tokens import Numbers

NGRAM = 5

Counts = npt.NDArray[np.int64]


def constants(name: str, count: int) -> Numbers:
    """Random odd numbers that never change."""
    octets = hashlib.shake_128(name.encode()).digest(count * 8)
    return np.frombuffer(octets, "<u8") | np.uint64(1)


_FACTORS = constants("grams", NGRAM)


def grams(documents: Sequence[Numbers]) -> tuple[Numbers, Counts]:
    """The 5-grams of all documents in a row, and how many each document has.

    Documents are given as the hashes of their tokens. A gram is the sum of its tokens' hashes, each
    times a number of its own for its place. A document of fewer than five tokens is filled up with
    zeros: a single gram, so that it is like no other but its equals.
    """
    hashes = np.concatenate([*map(_filled, documents), np.empty(0, np.uint64)])
    lengths = np.array([max(NGRAM, len(tokens)) for tokens in documents], np.int64)
    size = max(0, len(hashes) - NGRAM + 1)
    numbers = np.zeros(size, np.uint64)
    for place, factor in enumerate(_FACTORS):
        numbers += hashes[place : place + size] * factor
    within = np.ones(len(hashes), bool)  # the last four tokens of a document begin no gram of it
    for place in range(1, NGRAM):
        within[np.cumsum(lengths) - place] = False
    return numbers[within[:size]], lengths - NGRAM + 1


def _filled(tokens: Numbers) -> Numbers:
    if len(tokens) >= NGRAM:
        return tokens
    return np.concatenate([tokens, np.zeros(NGRAM - len(tokens), np.uint64)])
