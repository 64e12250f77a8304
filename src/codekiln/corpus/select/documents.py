"""All documents of the sources' artifacts in one row, and the few figures of each that choosing needs.

A document's number is its place in that row: sources in the recipe's order, their shards in order, and
the rows of each. Contents and paths stay on disk; memory holds about forty bytes a document.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from codekiln.artifact import Artifact
from codekiln.corpus.collect.shards import DOCUMENTS, read_table

# The clearest first: what the owner says, then the file itself, its repository, and its package.
CLEARNESS = ("own", "header", "file", "metadata")


@dataclass(frozen=True)
class Figures:
    """One entry a document; `sha256` is cut to 16 bytes, `repository` counts from 0."""

    sha256: npt.NDArray[np.bytes_]
    bytes: npt.NDArray[np.int64]
    time: npt.NDArray[np.int64]
    clearness: npt.NDArray[np.int8]
    repository: npt.NDArray[np.int32]

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.bytes)


def tables(sources: Sequence[Artifact], columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns of every shard, in the order of the documents' numbers."""
    for source in sources:
        for path in source.files(DOCUMENTS):
            yield read_table(path, columns)


def figures(sources: Sequence[Artifact]) -> Figures:
    """The figures of all documents."""
    repositories: dict[tuple[str, str], int] = {}
    parts: list[tuple[npt.NDArray[np.generic], ...]] = []
    for table in tables(
        sources, ("sha256", "bytes", "time", "licence_from", "source", "repository")
    ):
        rows = {name: table[name].to_pylist() for name in table.column_names}
        names = zip(rows["source"], rows["repository"], strict=True)
        parts.append(
            (
                np.array([bytes.fromhex(digits[:32]) for digits in rows["sha256"]], "S16"),
                np.array(rows["bytes"], np.int64),
                np.array(rows["time"], np.int64),
                np.array([CLEARNESS.index(found) for found in rows["licence_from"]], np.int8),
                np.array([repositories.setdefault(n, len(repositories)) for n in names], np.int32),
            )
        )
    if not parts:
        return Figures(*(np.empty(0, kind) for kind in ("S16", "i8", "i8", "i1", "i4")))
    return Figures(*map(np.concatenate, zip(*parts, strict=True)))
