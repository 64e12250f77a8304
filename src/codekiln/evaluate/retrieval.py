"""Finding the function that a text describes among others of its language: reciprocal ranks."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

FUSION = 60  # of the first ranks none is to decide alone
Floats = npt.NDArray[np.float64]


def distinct(keys: Sequence[Sequence[Hashable]], order: Iterable[int]) -> Iterator[int]:
    """The places, in an order, of those that share no key with one that was given before.

    Where two functions have one name, or one description, nobody could tell which of them is meant.

    >>> list(distinct([("a", 1), ("b", 2), ("b", 3), ("c", 2)], [2, 1, 0, 3]))
    [2, 0, 3]
    """
    seen = set[tuple[int, Hashable]]()
    for place in order:
        own = set(enumerate(keys[place]))
        if not own & seen:
            seen |= own
            yield place


def reciprocal_ranks(scores: npt.ArrayLike) -> Floats:
    """1 / the place of the right one for each query, `[n]`; a query's scores are a row of `[n, n]`.

    Its own is on the diagonal, and among equals it has the middle place.

    >>> reciprocal_ranks([[5, 7, 5, 1], [0, 9, 3, 3], [1, 1, 1, 1], [4, 3, 2, 1]]).tolist()
    [0.4, 1.0, 0.4, 0.25]
    """
    found = np.asarray(scores, np.float64)
    own = np.diagonal(found)[:, None]
    better, equal = (found > own).sum(axis=1), (found == own).sum(axis=1) - 1
    return np.asarray(1 / (1 + better + equal / 2))


def fused(*scores: npt.ArrayLike) -> Floats:
    """Scores `[n, n]` in which several rankings count alike: reciprocal rank fusion (Cormack et al. 2009).

    Two rankings put three functions in opposite orders: the one in the middle of both comes last.

    >>> fused([[1, 2, 3]], [[3, 2, 1]]).argmin(axis=1).tolist()
    [1]
    """
    places = [(-np.asarray(found)).argsort(axis=1).argsort(axis=1) for found in scores]
    return np.asarray(sum(1 / (FUSION + 1 + place) for place in places))


def by_chance(functions: int) -> float:
    """The mean reciprocal rank in a random order of so many: H(n) / n."""
    return float((1 / np.arange(1, functions + 1)).mean())
