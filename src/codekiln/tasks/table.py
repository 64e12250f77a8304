"""How examples lie on disk: a table in Parquet, which anybody can open."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from codekiln.corpus.collect.shards import write_table
from codekiln.tasks.example import TaskExample

_NAME = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    {
        **dict.fromkeys(("task", "kind", "source", "repository", "licence", "language"), _NAME),
        **dict.fromkeys(("path", "commit"), pa.string()),
        **dict.fromkeys(("prefix", "suffix", "related", "message", "code"), pa.string()),
        **dict.fromkeys(("target", "trial"), pa.string()),
    }
)


def write_examples(path: Path, examples: Iterable[TaskExample]) -> None:
    """A row for each."""
    rows = [example.plain() for example in examples]
    write_table(path, pa.Table.from_pylist(rows, SCHEMA))
