"""The files that a source's artifact is made of: shards of documents, of rejections, of sketches.

Each shard is one chunk of the source's listing, written whole, its rows sorted by content hash; so
the same files give the same bytes in whatever order workers return them.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codekiln.artifact import write_atomically
from codekiln.corpus.duplicates import write_sketches
from codekiln.errors import ArtifactError

DOCUMENTS, REJECTED, QUARANTINED = "documents-", "rejected-", "quarantined-"
SKETCHES, CHANGES = "sketches-", "changes-"

_NAME = pa.dictionary(pa.int32(), pa.string())
DOCUMENT_SCHEMA = pa.schema(
    {
        "content": pa.string(),
        "source": _NAME,
        "repository": _NAME,
        "path": pa.string(),
        "revision": _NAME,
        "licence": _NAME,
        "licence_from": _NAME,
        "language": _NAME,
        "domains": pa.list_(pa.string()),
        "time": pa.int64(),
        "sha256": pa.string(),
        "bytes": pa.int64(),
        "redacted": pa.map_(pa.string(), pa.int32()),
    }
)
REJECTION_SCHEMA = pa.schema(
    {
        "source": _NAME,
        "repository": _NAME,
        "path": pa.string(),
        "language": _NAME,
        "bytes": pa.int64(),
        "reason": _NAME,
        "detail": pa.string(),
        "head": pa.string(),
    }
)
CHANGE_SCHEMA = pa.schema(
    {
        "source": _NAME,
        "repository": _NAME,
        "commit": pa.string(),
        "time": pa.int64(),
        "message": pa.string(),
        "path": pa.string(),
        "language": _NAME,
        "licence": _NAME,
        "licence_from": _NAME,
        "before": pa.string(),
        "after": pa.string(),
    }
)


def shard(out: Path, prefix: str, number: int, ending: str = "parquet") -> Path:
    """Where one shard lies."""
    return out / f"{prefix}{number:05d}.{ending}"


def shards(out: Path, start: int) -> list[Path]:
    """All shards of chunks from number `start` on."""
    prefixes = (DOCUMENTS, REJECTED, QUARANTINED, SKETCHES)
    return [
        path
        for prefix in prefixes
        for path in sorted(out.glob(f"{prefix}*"))
        if path.name >= f"{prefix}{start:05d}"
    ]


def write_table(path: Path, table: pa.Table) -> None:
    """Write a shard, so that it is seen whole or not at all."""
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd", compression_level=3)
    write_atomically(path, content.getvalue())


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Some columns of a shard, dictionaries as plain strings.

    Raises:
        ArtifactError: the shard is damaged.
    """
    try:
        return pq.read_table(path, columns=list(columns) if columns is not None else None)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path} is damaged ({error}): delete its folder and run the recipe again."
        ) from None


def write_chunk(
    out: Path,
    number: int,
    documents: pa.Table,
    signatures: npt.NDArray[np.uint32],
    rejected: pa.Table,
    quarantined: pa.Table,
) -> None:
    """Write the outcomes of one chunk; row i of `signatures` is document i's.

    The documents go last: a chunk whose documents are there is whole.
    """
    order = pc.sort_indices(documents, [("sha256", "ascending"), ("path", "ascending")])
    write_sketches(shard(out, SKETCHES, number, "npy"), signatures[order.to_numpy()])
    for prefix, table in ((REJECTED, rejected), (QUARANTINED, quarantined)):
        write_table(shard(out, prefix, number), table.sort_by([("path", "ascending")]))
    write_table(shard(out, DOCUMENTS, number), documents.take(order))
