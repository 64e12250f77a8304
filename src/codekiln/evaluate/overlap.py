"""The plainest clue whether two segments belong together: how many of their words they share."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def overlap(first: Sequence[str], second: Sequence[str]) -> float:
    """Of the distinct words in either, the share that is in both (Jaccard's index).

    >>> overlap(["a", "b", "b"], ["b", "c"])
    0.3333333333333333
    """
    one, other = set(first), set(second)
    return len(one & other) / max(1, len(one | other))


def best_threshold(clues: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The threshold at which `clue > threshold` agrees with most of the labels.

    >>> best_threshold([1, 2, 2, 3], [False, True, False, True])
    1.0
    """
    true = np.asarray(labels, np.bool_)
    values, places = np.unique(np.asarray(clues, np.float64), return_inverse=True)
    # With the threshold at a value, all up to it are called false.
    gained = np.bincount(places, ~true) - np.bincount(places, true)
    hits = gained.cumsum()
    best = int(hits.argmax())
    return float(values[best]) if hits[best] >= 0 else -np.inf
