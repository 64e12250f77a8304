"""An interpolated Kneser–Ney n-gram model over token ids: the plain rival of every neural model.

A model that does not beat it on held-out code has learned no more than which few tokens follow each
other. Counting and scoring only; splitting text and turning it into tokens is done elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from codekiln.errors import CorpusError
from codekiln.telemetry import progress

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_SINGLETONS = 0.5  # the discount of an order in which nothing was counted just once


@dataclass(frozen=True)
class Level:
    """All n-grams of one order, packed as `id of the context · vocabulary + token`.

    The id of an n-gram is its place in `keys`; its context is an n-gram one order below. Both
    tables of weights have one entry more than there are ids: place −1 answers for what was never
    seen.
    """

    keys: Ints  # [n-grams], rising
    share: Floats  # [n-grams + 1], max(c(h·w) − D, 0) / Σ c(h·v)
    back_off: Floats  # [contexts + 1], the weight of the order below
    discount: float

    def find(self, keys: Ints) -> Ints:
        """The id of each key, −1 where it was never seen."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, places, -1)


@dataclass(frozen=True)
class NgramModel:
    """Interpolated Kneser–Ney with one absolute discount per order.

    With h the last k − 1 tokens, h' the same without its first, and the sums over the vocabulary:

        p_k(w | h) = max(c_k(hw) − D_k, 0) / Σ_v c_k(hv)  +  γ_k(h) · p_{k−1}(w | h')
        γ_k(h)     = D_k · |{v : c_k(hv) > 0}| / Σ_v c_k(hv),  or 1 where h was never seen
        p_0(w)     = 1 / vocabulary
        D_k        = n1 / (n1 + 2·n2), with n1 and n2 the number of k-grams whose c_k is 1 and 2

    c_k is how often the n-gram occurs at the highest order, and below it the number of distinct
    tokens seen on its left. Where n1 = 0 the discount is one half, so that every token has p > 0.

    Source: Chen and Goodman, "An empirical study of smoothing techniques for language modeling",
    Computer Speech & Language 13 (1999), section 3; after Kneser and Ney (1995).

    Three kinds of token, one of them seen twice: n1 = 2 and n2 = 1, so D = 1/2 and γ = 1/2 · 3/4.
    They get 1.5/4, 0.5/4 and 0.5/4, and each of the vocabulary 3/8 · 1/4 = 3/32 more:

    >>> model = NgramModel.fit([np.array([0, 0, 1, 2])], vocabulary=4, order=1, start=3)
    >>> (32 * 2.0 ** -model.bits(np.array([0, 1, 2, 3]))).round(6).tolist()
    [15.0, 7.0, 7.0, 3.0]
    """

    vocabulary: int
    start: int
    levels: tuple[Level, ...]

    @property
    def order(self) -> int:
        """How many tokens the longest n-gram has."""
        return len(self.levels)

    @classmethod
    def fit(
        cls, documents: Iterable[NDArray[Any]], vocabulary: int, order: int = 5, *, start: int
    ) -> "NgramModel":
        """Count `documents`, each a 1-D array of ids that begins after order − 1 copies of `start`.

        Takes about 0.8 s per million tokens and 120 bytes of memory a token at order 5.

        Raises:
            CorpusError: the documents hold no token.
            ValueError: an id outside the vocabulary, an array that is no row of ids, an order < 1.
        """
        if order < 1:
            raise ValueError(f"order {order} is below 1")
        _check(np.array([start]), vocabulary)
        stream, real = _padded(documents, vocabulary, order, start)
        if not len(real):
            raise CorpusError(
                "There is no token to count n-grams on: the training part is empty, "
                "so give more sources or a smaller held-out part."
            )
        keys, ids = [np.zeros(1, np.int64)], [np.zeros(len(stream), np.int64)]  # the empty n-gram
        with progress(f"{order}-gram", total=order, unit="orders") as bar:
            for _ in range(order):
                distinct, ranks = _ranked(_extend(ids[-1], stream, vocabulary))
                keys.append(distinct)
                ids.append(ranks)
                bar.advance()
        levels = []
        for k in range(1, order + 1):
            if k == order:
                counts = np.bincount(ids[k][real], minlength=len(keys[k]))
            else:
                counts = _left_contexts(ids[k + 1][real], ids[k][real], len(keys[k]))
            levels.append(_level(keys[k], counts, len(keys[k - 1]), vocabulary))
        return cls(vocabulary, start, tuple(levels))

    def bits(self, document: NDArray[Any]) -> Floats:
        """−log2 p(token | the order − 1 tokens before it) for each token of a 1-D document.

        Raises:
            ValueError: an id outside the vocabulary, or an array of another shape.
        """
        stream, real = _padded([document], self.vocabulary, self.order, self.start)
        ids = np.zeros(len(stream), np.int64)
        p = np.full(len(stream), 1 / self.vocabulary)
        for level in self.levels:
            contexts = np.roll(ids, 1)
            ids = level.find(_extend(ids, stream, self.vocabulary))
            p = level.share[ids] + level.back_off[contexts] * p
        bits: Floats = -np.log2(p[real])
        return bits


def _padded(
    documents: Iterable[NDArray[Any]], vocabulary: int, order: int, start: int
) -> tuple[Ints, Ints]:
    """All documents in a row, each after copies of `start`, and the places of their own tokens."""
    padding = np.full(order - 1, start, np.int64)
    pieces, lengths = [], []
    for document in documents:
        _check(document, vocabulary)
        pieces += [padding, document.astype(np.int64)]
        lengths += [order - 1, len(document)]
    if not pieces:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    own = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    return np.concatenate(pieces), np.flatnonzero(own)


def _check(document: NDArray[Any], vocabulary: int) -> None:
    if document.ndim != 1 or (len(document) and document.dtype.kind not in "iu"):
        raise ValueError(
            f"a document is a 1-D array of ids, not {document.ndim}-D {document.dtype}"
        )
    if len(document) and (document.min() < 0 or document.max() >= vocabulary):
        raise ValueError(f"token ids must lie in 0..{vocabulary - 1}")


def _extend(ids: Ints, stream: Ints, vocabulary: int) -> Ints:
    """Each place's n-gram one longer: the one that ended a place before it, then its token.

    An unseen context (−1) gives a negative key, which is never found. Windows that reach over the
    beginning of a document end in its padding, where nothing is counted or scored.
    """
    return np.roll(ids, 1) * vocabulary + stream


def _ranked(keys: Ints) -> tuple[Ints, Ints]:
    """The distinct keys in order and each key's place among them.

    `np.unique(keys, return_inverse=True)` gives the same in twice the time.
    """
    order = np.argsort(keys, kind="stable")
    rising = keys[order]
    first = np.ones(len(keys), np.bool_)
    first[1:] = rising[1:] != rising[:-1]
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = np.cumsum(first) - 1
    return rising[first], ranks


def _left_contexts(longer: Ints, ids: Ints, size: int) -> Ints:
    """How many distinct tokens stand left of each n-gram: the longer n-grams that end in it.

    `longer` and `ids` name, for each counted place, the n-gram of k + 1 and of k tokens there.
    """
    suffix = np.full(int(longer.max()) + 1, -1, np.int64)
    suffix[longer] = ids
    counts: Ints = np.bincount(suffix[suffix >= 0], minlength=size)
    return counts


def _level(keys: Ints, counts: Ints, contexts: int, vocabulary: int) -> Level:
    context = keys // vocabulary
    total = np.bincount(context, weights=counts, minlength=contexts)
    kinds = np.bincount(context[counts > 0], minlength=contexts)
    once, twice = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    discount = once / (once + 2 * twice) if once else NO_SINGLETONS
    # Entries that only padding reaches have count and total 0: share 0, and all weight below.
    whole = np.maximum(total, 1)
    share = np.maximum(counts - discount, 0) / whole[context]
    back_off = np.where(total > 0, discount * kinds / whole, 1.0)
    return Level(keys, np.append(share, 0.0), np.append(back_off, 1.0), float(discount))
