"""Tables made on the spot, with the columns of the known ones, and what comes out of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from codekiln.corpus.sources.source import File
from codekiln.corpus.sources.table import TableSource

MAY = datetime(2021, 5, 4, 12, tzinfo=UTC)
STACK_1 = {
    "hexsha": "1" * 40,
    "size": 9,
    "ext": "py",
    "lang": "Python",
    "max_stars_repo_path": "src/a.py",
    "max_stars_repo_name": "octo/cat",
    "max_stars_repo_head_hexsha": "a" * 40,
    "max_stars_repo_licenses": ["MIT", "Apache-2.0"],
    "max_issues_repo_path": "other/a.py",
    "content": "print(1)\n",
}
STACK_2 = {
    "blob_id": "2" * 40,
    "path": "/src/a.py",
    "repo_name": "octo/cat",
    "detected_licenses": ["MIT", "GPL-2.0-only OR BSD-3-Clause"],
    "license_type": "permissive",
    "revision_id": "b" * 40,
    "revision_date": MAY,
    "committer_date": MAY,
    "language": "Python",
    "content": "print(1)\n",
}
SMOL = {
    "content": "print(1)\n",
    "avg_line_length": 8.0,
    "licenses": ["MIT"],
    "repository_name": "octo/cat",
    "path": "src/a.py",
    "size": 9,
    "lang": "Python",
}
GITHUB_CODE = {
    "code": "print(1)\n",
    "repo_name": "octo/cat",
    "path": "src/a.py",
    "language": "Python",
    "license": "mit",
    "size": 9,
}
BARE = {"text": "print(1)\n", "path": "src/a.py"}


def parquet(path: Path, rows: pa.Table | list[dict[str, Any]], **options: Any) -> Path:
    """Write rows as Parquet."""
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
    pq.write_table(table, path, **options)
    return path


def jsonl(path: Path, rows: list[Any]) -> Path:
    """Write rows as lines of JSON; what is text already is written as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row, default=str) for row in rows]
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return path


def source(path: Path, *exclude: str) -> TableSource:
    """The source of a table or a folder."""
    return TableSource("parquet:x", path, exclude)


def files(path: Path) -> list[File]:
    """Its rows."""
    return list(source(path).files())


def read(path: Path) -> dict[str, bytes]:
    """What can be read."""
    return {file.path: file.read() for file in files(path) if not file.defect}


def defects(path: Path) -> dict[str, str]:
    """Why the rest cannot."""
    return {file.path: file.defect for file in files(path) if file.defect}
