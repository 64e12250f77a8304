"""The order in which rows are given out: random over all of them, yet in blocks that a disk reads well.

It is that of a pack of cards which is cut, dealt in packets, and then shuffled by handfuls. In each epoch

1. the rows are cut at another place, so that blocks begin elsewhere;
2. blocks of neighbours, one read of the disk each, are permuted over the whole epoch;
3. the rows of many blocks, which are from everywhere, are permuted within their window.

What fits one window is shuffled completely. All follows from a position and the seed, and to begin in the
middle takes no more than one window.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codekiln.inputs.permutation import permute

WINDOW = 256  # blocks at most: 64 rows of a batch come from 57 of them
CUT, BLOCKS, ROWS = range(3)  # what a permutation is for, which is part of its key

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Order:
    """An endless order of `rows` rows, in blocks of `block`: each epoch is another permutation of all."""

    rows: int
    block: int

    def window(self, positions: npt.ArrayLike) -> Places:
        """The window that each of `positions` (0 … for ever) is in, counted through all epochs."""
        return np.asarray(((np.asarray(positions) + 1) * self._windows - 1) // self.rows)

    def places(self, positions: npt.ArrayLike, seed: int) -> Places:
        """The row at each of `positions`."""
        positions = np.asarray(positions)
        places, windows = np.empty_like(positions), self.window(positions)
        for window in np.unique(windows).tolist():
            now = windows == window
            places[now] = _window(self, window, seed)[positions[now] - self._start(window)]
        return places

    def within(self, window: int, seed: int) -> Places:
        """The rows of one window, in their order."""
        start, stop = self._start(window), self._start(window + 1)
        size = stop - start
        return self._dealt(start + permute(np.arange(size), size, seed, ROWS, window), seed)

    @property
    def _windows(self) -> int:
        return -(-self.rows // (WINDOW * self.block))

    def _start(self, window: int) -> int:
        """Windows of an epoch are equally large, or a small last one would hold few blocks."""
        return window * self.rows // self._windows

    def _dealt(self, positions: Places, seed: int) -> Places:
        """The row at each of `positions`, all of one epoch, before windows are shuffled."""
        epoch = int(positions[0]) // self.rows
        blocks, within = np.divmod(positions - epoch * self.rows, self.block)
        count = self.rows // self.block
        full = blocks < count  # what is left over stays last: the cut puts other rows there
        blocks[full] = permute(blocks[full], count, seed, BLOCKS, epoch)
        cut = permute([0], self.rows, seed, CUT, epoch)
        return (blocks * self.block + within + cut) % self.rows


@lru_cache(maxsize=8)
def _window(order: Order, window: int, seed: int) -> Places:
    """A whole window is computed at once: row for row, a batch by itself costs twenty times as much."""
    return order.within(window, seed)
