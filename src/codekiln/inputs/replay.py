"""New rows with old ones among them, so that a model that learns on does not forget."""

import numpy as np
import numpy.typing as npt

from codekiln.inputs.loader import Rows, RowStore

Places = npt.NDArray[np.int64]


class ReplayedRows:
    """Implements `RowSource`: a `share` of the rows, evenly spread, are old ones.

    Both kinds are walked each in its own order, so that no old row comes again before all others have come,
    however few the new ones are (Ibrahim et al. 2024, "Simple and scalable strategies to continually
    pre-train large language models", §4).
    """

    def __init__(self, new: RowStore, old: RowStore, share: float) -> None:
        """`share` is at least 0 and below 1; all rows have the same length."""
        assert new.length == old.length
        self._new, self._old, self._share = new, old, share

    @property
    def length(self) -> int:
        """Predictions a row."""
        return self._new.length

    def __len__(self) -> int:
        """Rows after which all new ones have been seen."""
        return round(len(self._new) / (1 - self._share))

    def largest(self) -> int:
        """The largest id in any row; reads all of them."""
        return max(self._new.largest(), self._old.largest())

    def replayed(self, positions: npt.ArrayLike) -> Places:
        """How many rows before each of `positions` are old ones."""
        return np.floor(np.asarray(positions) * self._share).astype(np.int64)

    def drawn(self, positions: npt.ArrayLike, seed: int) -> Rows:
        """Rows `[n, length + 1]` of an endless order; among any k there are k times the share old, ±1."""
        positions = np.atleast_1d(np.asarray(positions))
        before = self.replayed(positions)
        is_old = self.replayed(positions + 1) > before
        rows = np.empty((len(positions), self.length + 1), dtype=np.int64)
        if is_old.any():
            rows[is_old] = self._old.drawn(before[is_old], seed)
        if not is_old.all():
            rows[~is_old] = self._new.drawn((positions - before)[~is_old], seed)
        return rows
