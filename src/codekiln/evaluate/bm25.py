"""BM25, the baseline of every search: which texts share the rare words of a query."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

K1, B = 1.2, 0.75  # how soon a word has said it all, and what length takes away

Scores = npt.NDArray[np.float64]


class Bm25:
    """Texts as bags of words (Robertson & Zaragoza 2009, §3).

    Over the words of a query, each f times in a text of length l and in n of N texts at all, the score is

        Σ idf · f (k₁ + 1) / (f + k₁ (1 − b + b · l / mean of l))        idf = ln(1 + (N − n + ½) / (n + ½))

    where idf is Lucene's, which is never below 0.
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        """`texts` are the words of each."""
        self._size = len(texts)
        lengths = np.array([len(words) for words in texts], np.float64)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
        places, counts = defaultdict(list), defaultdict(list)
        for place, words in enumerate(texts):
            for word, count in Counter(words).items():
                places[word].append(place)
                counts[word].append(count)
        self._entries = {}
        for word, where in places.items():
            often = np.array(counts[word], np.float64)
            idf = np.log(1 + (self._size - len(where) + 0.5) / (len(where) + 0.5))
            found = np.array(where, np.int64)
            self._entries[word] = found, idf * often * (K1 + 1) / (often + norm[found])

    def scores(self, query: Sequence[str]) -> Scores:
        """How well each text answers the words of a query, `[texts]`; one asked twice counts twice."""
        total = np.zeros(self._size)
        for word in query:
            if word in self._entries:
                places, weights = self._entries[word]
                total[places] += weights
        return total
