"""Disjoint sets of numbers 0 to n - 1, joined and asked for in whole arrays.

Each number points to a smaller one of its set or, the smallest, to itself (Tarjan & van Leeuwen 1984,
"Worst-case analysis of set union algorithms"; paths are halved on every look).
"""

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class Forest:
    """The sets; eight bytes a number."""

    def __init__(self, size: int) -> None:
        """Every number is a set of its own."""
        self._parents = np.arange(size)

    def roots(self, numbers: Numbers) -> Numbers:
        """The smallest number of each one's set."""
        while True:
            parents = self._parents[numbers]
            above = self._parents[parents]
            if np.array_equal(parents, above):
                return parents
            self._parents[numbers] = above

    def join(self, left: Numbers, right: Numbers) -> None:
        """Make one set of those of `left[i]` and `right[i]`, for all i."""
        while len(left):
            left, right = self.roots(left), self.roots(right)
            apart = left != right
            left, right = left[apart], right[apart]
            # A root that meets several others goes to the smallest; the next round sees the rest.
            np.minimum.at(self._parents, np.maximum(left, right), np.minimum(left, right))
