"""Which of many short texts stand, in part or whole, in a document: an index of token n-grams.

A window of `N` code tokens is one number, a polynomial in the hashes of its tokens modulo 2^64 (Karp &
Rabin 1987), and numpy makes those of a whole document at once. Nothing is known here of benchmarks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

N = 8  # a power of two
BASE = 0x9E3779B97F4A7C15  # odd, so that multiplying by it loses nothing; its bits are well mixed
SLOTS = 16  # of the filter, for each n-gram: few n-grams that we do not have pass it
LARGEST_FILTER = 24  # bits of a slot's number

Numbers = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class NgramIndex:
    """The n-grams of texts, which are known by their places `0, 1, …`. It can be pickled."""

    ngrams: Numbers  # sorted; once for each text that has it
    owners: npt.NDArray[np.int64]  # the text of each of `ngrams`
    sizes: npt.NDArray[np.int64]  # different n-grams of each text
    filter: npt.NDArray[np.bool_]  # is there an n-gram with these leading bits?

    @classmethod
    def of(cls, texts: Sequence[Numbers]) -> Self:
        """Index texts given as the hashes of their tokens."""
        each = [np.unique(_ngrams(tokens)) for tokens in texts]
        sizes = np.array([len(ngrams) for ngrams in each], dtype=np.int64)
        ngrams = np.concatenate([*each, np.empty(0, np.uint64)])
        owners = np.repeat(np.arange(len(each)), sizes)
        order = np.argsort(ngrams, kind="stable")
        bits = min(LARGEST_FILTER, (SLOTS * len(ngrams) | 1).bit_length())
        present = np.zeros(1 << bits, dtype=np.bool_)
        present[_leading(ngrams, bits)] = True
        return cls(ngrams[order], owners[order], sizes, present)

    def shares(self, tokens: Numbers) -> dict[int, float]:
        """Of the texts with an n-gram among `tokens`: the share of their n-grams that is there."""
        ngrams = _ngrams(tokens)
        bits = len(self.filter).bit_length() - 1
        ngrams = ngrams[self.filter.take(_leading(ngrams, bits))]
        starts = np.searchsorted(self.ngrams, ngrams, side="left")
        known = starts < len(self.ngrams)
        known[known] = self.ngrams[starts[known]] == ngrams[known]
        if not known.any():
            return {}
        starts, first = np.unique(starts[known], return_index=True)
        ends = np.searchsorted(self.ngrams, ngrams[known][first], side="right")
        found = [self.owners[a:b] for a, b in zip(starts, ends, strict=True)]
        texts, counts = np.unique(np.concatenate(found), return_counts=True)
        return dict(zip(texts.tolist(), (counts / self.sizes[texts]).tolist(), strict=True))


def _ngrams(tokens: Numbers) -> Numbers:
    """The numbers `[max(0, len(tokens) - N + 1)]` of all windows, by doubling their width."""
    ngrams = tokens
    width = 1
    while width < N:
        longer = ngrams[:-width] * np.uint64(pow(BASE, width, 1 << 64))
        longer += ngrams[width:]
        ngrams, width = longer, 2 * width
    return ngrams


def _leading(ngrams: Numbers, bits: int) -> npt.NDArray[np.int64]:
    """The leading bits: the trailing ones depend on few bits of the ids."""
    return (ngrams >> np.uint64(64 - bits)).view(np.int64)
