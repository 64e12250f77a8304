"""Sketches on disk: for each shard of documents their band keys, then their signatures.

A sketch takes 1,344 bytes a document. Clustering reads the keys of one band at a time, and the
signatures of those documents alone that share a key; nothing else is ever in memory.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from codekiln.artifact import write_atomically
from codekiln.corpus.duplicates.bands import Keys, band_keys
from codekiln.corpus.duplicates.signature import HASHES, Signatures

Numbers = npt.NDArray[np.int64]

_KEY, _SIGNATURE = 8, 4 * HASHES  # bytes


def write_sketches(path: Path, signatures: Signatures) -> None:
    """Write the sketches of a shard as two arrays, one behind the other, of the format `.npy`.

    Raises:
        DiskError: the disk is full, read-only or failing.
    """
    content = io.BytesIO()
    np.save(content, band_keys(signatures))
    np.save(content, signatures)
    write_atomically(path, content.getvalue())


@dataclass(frozen=True)
class _Shard:
    """One file: the number of its first document, of how many, and where the arrays begin."""

    path: Path
    first: int
    documents: int
    keys: int
    signatures: int


class Sketches:
    """The sketches of all documents, which are numbered through the shards in order."""

    def __init__(self, paths: Iterable[Path]) -> None:
        """Read how many documents each shard has."""
        self._shards: list[_Shard] = []
        self._documents = 0
        for path in paths:
            self._shards.append(_opened(path, self._documents))
            self._documents += self._shards[-1].documents
        self._firsts = np.array([shard.first for shard in self._shards], np.int64)

    def __len__(self) -> int:
        """How many documents there are."""
        return self._documents

    def keys(self, band: int) -> Keys:
        """The keys `[documents]` of one band."""
        keys = np.empty(len(self), np.uint64)
        for shard in self._shards:
            start = shard.keys + band * shard.documents * _KEY
            keys[shard.first : shard.first + shard.documents] = np.fromfile(
                shard.path, np.uint64, shard.documents, offset=start
            )
        return keys

    def matches(self, left: Numbers, right: Numbers) -> Numbers:
        """How many of their hashes the documents `left[i]` and `right[i]` share."""
        documents, places = np.unique(np.concatenate((left, right)), return_inverse=True)
        rows = self._signatures(documents)
        ours, theirs = np.split(places, 2)
        shared: Numbers = np.count_nonzero(rows[ours] == rows[theirs], axis=1)
        return shared

    def _signatures(self, documents: Numbers) -> Signatures:
        """The signatures of some documents in ascending order, one shard after the other."""
        rows = np.empty((len(documents), HASHES), np.uint32)
        homes = np.searchsorted(self._firsts, documents, side="right") - 1
        changes = np.flatnonzero(np.diff(homes, prepend=-1))
        for start, stop in pairwise([*changes, len(documents)]):
            shard = self._shards[homes[start]]
            offsets = shard.signatures + (documents[start:stop] - shard.first) * _SIGNATURE
            with shard.path.open("rb", buffering=0) as file:
                for row, offset in zip(rows[start:stop], offsets.tolist(), strict=True):
                    file.seek(offset)
                    file.readinto(row)
        return rows


def _opened(path: Path, first: int) -> _Shard:
    with path.open("rb") as file:
        (bands, documents), keys = _array(file)
        file.seek(keys + bands * documents * _KEY)
        _, signatures = _array(file)
    return _Shard(path, first, documents, keys, signatures)


def _array(file: BinaryIO) -> tuple[tuple[int, ...], int]:
    """The shape of the array that begins here, and the offset of its first element."""
    np.lib.format.read_magic(file)
    shape, _, _ = np.lib.format.read_array_header_1_0(file)
    return shape, file.tell()
