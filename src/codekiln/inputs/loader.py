"""Rows from memory-mapped shards in a keyed order. What a resumed run must know is one integer."""

from pathlib import Path
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact
from codekiln.errors import ArtifactError, CorpusError
from codekiln.inputs.mapped import expect_no_order, map_shard, read_soon, row_bytes
from codekiln.inputs.order import Order, Places

# Small, so that blocks are many; a disk reads it nearly as fast as all in one.
BLOCK_BYTES = 1 << 16

Rows = npt.NDArray[np.int64]


class RowSource(Protocol):
    """Rows that a run goes through for as long as it likes."""

    @property
    def length(self) -> int:
        """Predictions a row."""

    def __len__(self) -> int:
        """Rows after which all have been seen, which is what an epoch is."""

    def largest(self) -> int:
        """The largest id in any row."""

    def drawn(self, positions: npt.ArrayLike, seed: int) -> Rows:
        """Rows `[n, length + 1]` at positions 0 … of an endless order that the seed alone decides."""


class RowStore:
    """The rows of one split as one sequence; only those asked for are read from disk."""

    def __init__(self, shards: list[Path]) -> None:
        """Map `.npy` files `[rows, length + 1]`.

        Raises:
            CorpusError: there are no rows at all.
            ArtifactError: a shard is not what it should be.
        """
        self._paths = shards
        self._shards = [map_shard(path) for path in shards]
        if any(shard.ndim != 2 for shard in self._shards):
            raise ArtifactError("A shard holds no rows: rebuild the inputs.")
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        if not shards or self._ends[-1] == 0:
            raise CorpusError("There are no rows to train on: add sources to the recipe.")
        if len({shard.shape[1] for shard in self._shards}) != 1:
            raise ArtifactError("Shards of rows differ in length: rebuild the inputs.")
        for shard in self._shards:
            expect_no_order(shard)
        # A row of a memmap is one too, and to make it takes longer than to copy the row.
        self._plain = [np.asarray(shard) for shard in self._shards]
        self._order = Order(len(self), max(1, BLOCK_BYTES // row_bytes(self._shards[0])))
        self._asked: set[tuple[int, int]] = set()

    @classmethod
    def of(cls, inputs: Artifact, split: str) -> Self:
        """The rows of `train` or `held_out` in an inputs artifact."""
        return cls(inputs.files(f"{split}-"))

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def length(self) -> int:
        """Predictions a row: one less than its ids."""
        return int(self._shards[0].shape[1]) - 1

    def largest(self) -> int:
        """The largest id in any row; reads all of them."""
        # Mapped anew, because these maps are told not to read ahead.
        return max(int(map_shard(path).max()) for path in self._paths if len(map_shard(path)))

    def __getitem__(self, places: npt.ArrayLike) -> Rows:
        """Rows `[n, length + 1]` at the places given."""
        shards, places = self._located(np.atleast_1d(np.asarray(places)))
        rows = np.empty((len(places), self.length + 1), dtype=np.int64)
        for row, shard, place in zip(rows, shards, places, strict=True):
            row[:] = self._plain[shard][place]
        return rows

    def drawn(self, positions: npt.ArrayLike, seed: int) -> Rows:
        """Rows `[n, length + 1]` of an endless order: each epoch is another permutation of all."""
        positions = np.atleast_1d(np.asarray(positions))
        first, last = self._order.window([positions.min(), positions.max()]).tolist()
        self._read_ahead(range(first, last + 2), seed)
        return self[self._order.places(positions, seed)]

    def _read_ahead(self, windows: range, seed: int) -> None:
        """Have the system read windows, but for those that it has been asked for: mostly the last."""
        wanted = {(seed, window) for window in windows}
        for _, missing in sorted(wanted - self._asked):
            self._ask_for(np.sort(self._order.within(missing, seed)))
        self._asked = wanted

    def _ask_for(self, rows: Places) -> None:
        """Rows come in rising order; those that follow each other in a shard are one request."""
        shards, places = self._located(rows)
        starts = np.flatnonzero((np.diff(places) != 1) | (np.diff(shards) != 0)) + 1
        for run, shard in zip(np.split(places, starts), shards[[0, *starts]], strict=True):
            read_soon(self._shards[shard], range(run[0], run[-1] + 1))

    def _located(self, rows: Places) -> tuple[Places, Places]:
        """The shard that each row is in, and its place there."""
        shards = np.searchsorted(self._ends, rows, side="right")
        return shards, rows - np.concatenate(([0], self._ends))[shards]


class RowLoader:
    """Batches for ever, in the order of their source and a seed; a batch may span two epochs."""

    def __init__(self, source: RowSource, batch: int, seed: int, position: int = 0) -> None:
        """`position`, the number of rows already given out, is the whole state."""
        self._source, self._batch, self._seed = source, batch, seed
        self.position = position

    def next_batch(self) -> Rows:
        """The next `[batch, length + 1]` ids."""
        positions = np.arange(self.position, self.position + self._batch)
        self.position += self._batch
        return self._source.drawn(positions, self._seed)
