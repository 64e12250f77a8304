"""Rows of Parquet, a few at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codekiln.corpus.sources.exclude import Exclusion
from codekiln.corpus.sources.source import File, unread
from codekiln.corpus.sources.table.row import Row, choose_columns
from codekiln.errors import SourceError

BATCH, BUFFER = 256, 1 << 20
_BROKEN = (pa.ArrowException, OSError, UnicodeDecodeError)


def check_parquet(path: Path) -> None:
    """Read the footer.

    Raises:
        SourceError: it is damaged, or no column holds code.
    """
    with _open(path) as table:
        _columns(table, path)


def parquet_files(path: Path, name: str, exclusion: Exclusion) -> Iterator[File]:
    """One file for each row. The rest of a damaged group of rows is one file with a defect."""
    with _open(path) as table:
        columns = _columns(table, path)
        first = 0
        for group in range(table.num_row_groups):
            number = first
            try:
                for row, content in _rows(table, group, columns):
                    size = len(content.as_buffer()) if content.is_valid else None
                    yield row.file(name, number, exclusion, size, content.as_py)
                    number += 1
            except _BROKEN as error:
                yield File(f"{name}:{number}", 0, unread, "broken-rows", str(error))
            first += table.metadata.row_group(group).num_rows


def _rows(table: pq.ParquetFile, group: int, columns: dict[str, str]) -> Iterator[tuple[Row, Any]]:
    """Each row with the scalar of its content, which stays in Arrow until somebody reads it."""
    batches = table.iter_batches(BATCH, [group], list(columns.values()), use_threads=False)
    for batch in batches:
        contents = batch.column(columns["content"]).cast(pa.large_binary())
        roles = [role for role in columns if role != "content"]
        values = [_values(role, batch.column(columns[role])) for role in roles]
        for place, content in enumerate(contents):
            yield (
                Row.of({role: value[place] for role, value in zip(roles, values, strict=True)}),
                content,
            )


def _values(role: str, column: Any) -> list[Any]:
    if role == "path":  # it may be no UTF-8, which is a defect of one row alone
        column = column.cast(pa.large_binary())
    elif pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(
            path, buffer_size=BUFFER, pre_buffer=False, page_checksum_verification=True
        )
    except _BROKEN as error:
        raise SourceError(
            f"{path} is no Parquet file or is damaged ({error}): download or make it again."
        ) from None


def _columns(table: pq.ParquetFile, path: Path) -> dict[str, str]:
    schema = table.schema_arrow
    columns = choose_columns(set(schema.names), str(path))
    content = schema.field(columns["content"]).type
    if pa.types.is_dictionary(content):
        content = content.value_type
    if content not in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()):
        raise SourceError(
            f"{path} has no code, but {content} in its column '{columns['content']}': "
            "give a table with text there."
        )
    return columns
