"""One source on its way into an artifact of its own: chunks out, outcomes in, then the seal."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from codekiln.artifact import Artifact, Building, discard
from codekiln.corpus.collect.changes import write_changes
from codekiln.corpus.collect.engine import Engine
from codekiln.corpus.collect.listing import Chunk, Listing
from codekiln.corpus.collect.shards import (
    DOCUMENT_SCHEMA,
    DOCUMENTS,
    QUARANTINED,
    REJECTED,
    REJECTION_SCHEMA,
    shard,
    shards,
    write_chunk,
)
from codekiln.corpus.collect.tally import tally
from codekiln.corpus.collect.worker import FILES, QUARANTINE
from codekiln.corpus.duplicates import HASHES
from codekiln.corpus.sources import GitSource, Source


class Collection:
    """The artifact of one source while it is made."""

    def __init__(self, source: Source, listing: Listing, building: Building) -> None:
        """Nothing is read or written yet."""
        self.source, self._listing, self._building = source, listing, building
        self._stack = ExitStack()
        self._next = 0

    def begin(self) -> Iterator[Chunk]:
        """Take the lock, and give the chunks that no earlier run has done."""
        self._stack.enter_context(self._building.begun())
        for chunk in self._listing.chunks(self._done()):
            self._next = chunk.number + 1
            yield chunk

    def write(self, chunk: Chunk, outcomes: pa.Table) -> None:
        """Write one chunk whose files came back from their workers as `outcomes`."""
        files = _facts(self.source.name, chunk)
        kept = pc.equal(outcomes["reason"], "")
        lost = pc.equal(outcomes["reason"], QUARANTINE)
        refused = pc.invert(pc.or_(kept, lost))
        documents = outcomes.filter(kept)
        signatures = b"".join(documents["signature"].to_pylist())
        write_chunk(
            self._building.out,
            chunk.number,
            _columns(DOCUMENT_SCHEMA, documents, files.filter(kept)),
            np.frombuffer(signatures, np.uint32).reshape(-1, HASHES),
            pa.concat_tables(
                [
                    pa.Table.from_pylist(list(map(vars, chunk.rejected)), REJECTION_SCHEMA),
                    _columns(REJECTION_SCHEMA, outcomes.filter(refused), files.filter(refused)),
                ],
                promote_options="permissive",
            ),
            _columns(REJECTION_SCHEMA, outcomes.filter(lost), files.filter(lost)),
        )

    def finish(self, engine: Engine, commits: int) -> Artifact:
        """Count what was written, compare it with what was listed, and seal the artifact.

        Of a git repository, the changes of the newest `commits` are written too.

        Raises:
            CorpusError: a file is in neither count, or in both.
        """
        out = self._building.out
        for path in shards(out, self._next):
            discard(path)
        statistics = tally(out, self._listing.drawn)
        if commits and isinstance(self.source, GitSource):
            mined = write_changes(self.source, self._listing, engine, commits, out)
            statistics["changes"] = mined
        artifact = self._building.finish(statistics)
        self.close()
        return artifact

    def close(self) -> None:
        """Let go of the lock."""
        self._stack.close()

    def _done(self) -> Iterator[int]:
        """How many files each whole chunk of an earlier run stands for, up to the first gap."""
        out = self._building.out
        while shard(out, DOCUMENTS, self._next).exists():
            paths = [
                shard(out, prefix, self._next) for prefix in (DOCUMENTS, REJECTED, QUARANTINED)
            ]
            try:
                count = sum(pq.read_metadata(path).num_rows for path in paths)
            except (OSError, pa.ArrowException):
                return  # damaged from outside: it is written again
            self._next += 1
            yield count


def clean_columns(chunk: Chunk, start: int) -> pa.Table:
    """The files of a chunk for the workers, numbered from `start`."""
    raws = [file.raw for file in chunk.files]
    columns = [[getattr(raw, name) for raw in raws] for name in FILES.names[1:]]
    places = range(start, start + len(raws))
    return pa.table([places, *columns], FILES)


def _facts(source: str, chunk: Chunk) -> pa.Table:
    """What the driver knows of the files without their contents."""
    return pa.table(
        {
            "source": pa.array([source] * len(chunk.files), pa.string()),
            "repository": pa.array([file.repository for file in chunk.files], pa.string()),
            "path": pa.array([file.raw.path for file in chunk.files], pa.string()),
            "revision": pa.array([file.revision for file in chunk.files], pa.string()),
            "time": pa.array([file.time for file in chunk.files], pa.int64()),
        }
    )


def _columns(schema: pa.Schema, outcomes: pa.Table, files: pa.Table) -> pa.Table:
    """The columns that a schema names, from whichever of two tables of the same rows has them."""
    found = [(files if name in files.column_names else outcomes)[name] for name in schema.names]
    return pa.table(
        [column.cast(field.type) for column, field in zip(found, schema, strict=True)],
        schema=schema,
    )
