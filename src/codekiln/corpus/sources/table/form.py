"""Which files are tables, and the rows of one as files.

Parquet is imported where it is read: folders are read without the extra `corpus`.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from codekiln.corpus.sources.exclude import Exclusion
from codekiln.corpus.sources.source import File
from codekiln.corpus.sources.table.lines import check_lines, line_files
from codekiln.errors import SourceError

PARQUET = ".parquet"
_TABLE = re.compile(r"\.(?:parquet|(?:jsonl|ndjson)(?:\.(?:gz|bz2|xz|zst))?)$", re.IGNORECASE)
# Some sets have their lines in files called .json, but so have their descriptions.
_PLAIN_JSON = re.compile(
    r"(?<!dataset_infos)(?<!dataset_dict)\.json(?:\.(?:gz|bz2|xz|zst))?$", re.IGNORECASE
)


def choose_tables(paths: Iterable[str]) -> list[str]:
    """The paths of tables, sorted: Parquet and lines of JSON or, if there are none, other JSON."""
    known = sorted(path for path in paths if not _is_hidden(path))
    return [path for path in known if _TABLE.search(path)] or [
        path for path in known if _PLAIN_JSON.search(path)
    ]


def check_table(path: Path) -> None:
    """Look at the beginning, or the footer, of a table.

    Raises:
        SourceError: it cannot be read, or has no column of code.
    """
    if not path.is_file():
        raise SourceError(f"{path} is no table but a device: give a Parquet or JSONL file.")
    try:
        if path.name.lower().endswith(PARQUET):
            from codekiln.corpus.sources.table.parquet import check_parquet

            check_parquet(path)
        else:
            check_lines(path)
    except OSError as error:
        raise SourceError(
            f"The table {path} cannot be read ({error.strerror}): change its permissions."
        ) from None


def table_files(path: Path, name: str, exclusion: Exclusion) -> Iterator[File]:
    """A file for each row; rows are counted below `name`, where they have no path of their own."""
    if path.name.lower().endswith(PARQUET):
        from codekiln.corpus.sources.table.parquet import parquet_files

        return parquet_files(path, name, exclusion)
    return line_files(path, name, exclusion)


def _is_hidden(path: str) -> bool:
    return path.startswith(".") or "/." in path
