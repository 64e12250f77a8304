"""A table, or a folder of tables, as a source."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.source import File
from codekiln.corpus.sources.table.form import check_table, choose_tables, table_files
from codekiln.errors import SourceError


class TableSource:
    """The files that the rows of Parquet files and of lines of JSON hold."""

    def __init__(
        self,
        name: str,
        path: Path,
        exclude: tuple[str, ...] = (),
        *,
        repository: str = "",
        revision: str = "",
        licence: str = "",
    ) -> None:
        """Look into each table; what is said of the whole holds for rows that do not say it.

        Raises:
            SourceError: there is no table, one cannot be read, or one has no column of code.
        """
        self.name, self.repository = name, repository or path.name
        self.revision, self.licence = revision, licence
        self._exclusion = Exclusion((*OMITTED, *EXCLUDED, *exclude))
        self._tables = _find(path)
        for table in self._tables.values():
            check_table(table)

    def state(self) -> str:
        """SHA-256 over name, size and time of change of each table: they may be of many gigabytes."""
        digest = hashlib.sha256()
        for name, path in self._tables.items():
            facts = path.stat()
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
        return digest.hexdigest()

    def files(self) -> Iterator[File]:
        """A file for each row, table by table."""
        for name, path in self._tables.items():
            yield from table_files(path, name, self._exclusion)

    def close(self) -> None:
        """Nothing stays open."""


def _find(path: Path) -> dict[str, Path]:
    if not path.exists():
        raise SourceError(f"There is no table {path}: give the path of a Parquet or JSONL file.")
    if not path.is_dir():
        return {path.name: path}
    found = [
        Path(folder, name).relative_to(path).as_posix()
        for folder, _, names in os.walk(path)
        for name in names
    ]
    tables = {name: path / name for name in choose_tables(found)}
    if not tables:
        raise SourceError(
            f"The folder {path} holds no tables: give one with .parquet or .jsonl files."
        )
    return tables
