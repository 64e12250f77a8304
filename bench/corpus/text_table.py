"""What the tools for near-duplicates read and write: one Parquet file of texts, and clusters."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 64  # documents

Clusters = list[int]  # of each document, in order: a number that its cluster shares
Tool = Callable[[Path, Path], Clusters]  # of a table and a folder to write in


def write_table(path: Path, texts: Iterable[str]) -> None:
    """The table that all tools read."""
    pq.write_table(pa.table({"text": list(texts)}), path)


def batches(source: Path) -> Iterator[list[str]]:
    """The texts, some at a time."""
    with pq.ParquetFile(source) as file:
        for batch in file.iter_batches(BATCH, columns=["text"]):
            yield batch.column(0).to_pylist()


def texts(source: Path) -> Iterator[str]:
    """The texts, one at a time."""
    for batch in batches(source):
        yield from batch


def count(source: Path) -> int:
    """How many texts there are."""
    return int(pq.read_metadata(source).num_rows)


def write_firsts(source: Path, work: Path, clusters: Clusters) -> None:
    """What is left: the first document of every cluster."""
    first = np.zeros(len(clusters), bool)
    first[np.unique(clusters, return_index=True)[1]] = True
    done = 0
    with (
        pq.ParquetFile(source) as file,
        pq.ParquetWriter(work / "kept.parquet", file.schema_arrow) as kept,
    ):
        for batch in file.iter_batches():
            kept.write_batch(batch.filter(pa.array(first[done : done + len(batch)])))
            done += len(batch)
