"""Rows from memory-mapped shards in a keyed order. What a resumed run must know is one integer."""

import mmap
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact
from codekiln.errors import ArtifactError, CorpusError
from codekiln.inputs.permutation import permute

Rows = npt.NDArray[np.int64]


def map_shard(path: Path) -> npt.NDArray[np.generic]:
    """The array in a shard's file, read from disk only where it is looked at.

    Raises:
        ArtifactError: the file is no array, or cut short.
    """
    try:
        shard = np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ArtifactError(
            f"{path} is a damaged shard ({error}): rebuild it, delete its folder and run again."
        ) from None
    # Rows are drawn at random: what the system reads ahead would only push others out of its cache.
    if isinstance(shard.base, mmap.mmap) and hasattr(mmap, "MADV_RANDOM"):
        shard.base.madvise(mmap.MADV_RANDOM)
    return shard


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
        self._shards = [map_shard(path) for path in shards]
        if any(shard.ndim != 2 for shard in self._shards):
            raise ArtifactError("A shard holds no rows: rebuild the inputs.")
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        if not shards or self._ends[-1] == 0:
            raise CorpusError("There are no rows to train on: add sources to the recipe.")
        if len({shard.shape[1] for shard in self._shards}) != 1:
            raise ArtifactError("Shards of rows differ in length: rebuild the inputs.")

    @classmethod
    def of(cls, inputs: Artifact, split: str) -> "RowStore":
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
        return max(int(shard.max()) for shard in self._shards if len(shard))

    def __getitem__(self, places: npt.ArrayLike) -> Rows:
        """Rows `[n, length + 1]` at the places given."""
        places = np.atleast_1d(np.asarray(places))
        shards = np.searchsorted(self._ends, places, side="right")
        starts = np.concatenate(([0], self._ends))[shards]
        rows = [self._shards[s][p] for s, p in zip(shards, places - starts, strict=True)]
        return np.stack(rows).astype(np.int64)

    def drawn(self, positions: npt.ArrayLike, seed: int) -> Rows:
        """Rows `[n, length + 1]` of an endless order: each epoch is another permutation of all."""
        total = len(self)
        epochs, places = np.divmod(np.atleast_1d(np.asarray(positions)), total)
        rows = np.empty(len(places), dtype=np.int64)
        for epoch in np.unique(epochs):
            now = epochs == epoch
            rows[now] = permute(places[now], total, seed, int(epoch))
        return self[rows]


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
