"""The files of a corpus on disk: chunks of documents and of rejections, each written whole."""

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import discard, write_atomically
from codekiln.corpus.document import Document, Rejection
from codekiln.errors import ArtifactError

DOCUMENTS, REJECTED = "documents-", "rejected-"
Outcome = Document | Rejection


def write_chunk(out: Path, number: int, outcomes: Iterable[Outcome]) -> None:
    """Write the outcomes of one chunk; memory holds them compressed alone.

    The documents go last: a chunk whose documents are there is whole.
    """
    documents, rejected = io.BytesIO(), io.BytesIO()
    # Without a name and a time, the same rows give the same bytes.
    with (
        gzip.GzipFile("", "wb", 6, documents, mtime=0) as kept,
        gzip.GzipFile("", "wb", 6, rejected, mtime=0) as left,
    ):
        for outcome in outcomes:
            file = kept if isinstance(outcome, Document) else left
            row = json.dumps(outcome.row(), ensure_ascii=False, separators=(",", ":"))
            file.write(row.encode() + b"\n")
    write_atomically(_path(out, REJECTED, number), rejected.getvalue())
    write_atomically(_path(out, DOCUMENTS, number), documents.getvalue())


def read_chunk(out: Path, number: int) -> list[Outcome] | None:
    """The outcomes of a chunk that an earlier run finished, or None if it must be written."""
    documents, rejected = _path(out, DOCUMENTS, number), _path(out, REJECTED, number)
    if not documents.exists() or not rejected.exists():
        return None
    try:
        outcomes: list[Outcome] = [Rejection.from_row(row) for row in rows(rejected)]
        outcomes += (Document.from_row(row) for row in rows(documents))
    except (ArtifactError, TypeError):
        return None
    return outcomes


def discard_chunks(out: Path, start: int) -> None:
    """Remove all chunks from number `start` on."""
    for prefix in (DOCUMENTS, REJECTED):
        for path in out.glob(f"{prefix}*"):
            if path.name >= _path(out, prefix, start).name:
                discard(path)


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The rows of one file.

    Raises:
        ArtifactError: the file is damaged.
    """
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield json.loads(line)
    except (EOFError, OSError, ValueError, zlib.error) as error:
        raise ArtifactError(
            f"{path} is damaged ({error}): delete its folder and run the recipe again."
        ) from None


def _path(out: Path, prefix: str, number: int) -> Path:
    return out / f"{prefix}{number:05d}.jsonl.gz"
