"""The newest commits of a git source as rows of before, after and message, for later bug fixes.

Both sides of a change pass every rule that a document passes, and so does the licence.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from codekiln.artifact import Statistics
from codekiln.corpus.collect.engine import Engine
from codekiln.corpus.collect.listing import Listing
from codekiln.corpus.collect.shards import CHANGE_SCHEMA, CHANGES, shard, write_table
from codekiln.corpus.collect.worker import FILES
from codekiln.corpus.secrets import redact
from codekiln.corpus.sources import Change, File, GitSource, changes
from codekiln.corpus.sources.source import unread

CHUNK = 256  # changes a shard


def write_changes(
    source: GitSource, listing: Listing, engine: Engine, limit: int, out: Path
) -> Statistics:
    """Write `changes-*`, and count what became of each change and each commit that was skipped."""
    counts: Counter[str] = Counter()
    found = _changes(source, limit, counts)
    for number, chunk in enumerate(_chunks(found)):
        table = _cleaned(chunk, source, listing, engine, counts)
        write_table(shard(out, CHANGES, number), table)
    return dict(sorted(counts.items()))


def _changes(source: GitSource, limit: int, counts: Counter[str]) -> Iterator[Change]:
    for change in changes(source.path, source.revision, limit, source.exclude):
        if isinstance(change, Change):
            yield change
        else:
            counts[change.reason] += 1


def _chunks(found: Iterator[Change]) -> Iterator[list[Change]]:
    while chunk := list(itertools.islice(found, CHUNK)):
        yield chunk


def _cleaned(
    chunk: list[Change], source: GitSource, listing: Listing, engine: Engine, counts: Counter[str]
) -> pa.Table:
    sides = [side for change in chunk for side in _sides(change, listing)]
    rows = [{"place": place, **vars(raw)} for place, raw in enumerate(sides)]
    outcomes = engine.clean(pa.Table.from_pylist(rows, FILES)).to_pylist()
    kept = []
    for change, before, after in zip(chunk, outcomes[::2], outcomes[1::2], strict=True):
        reason = before["reason"] or after["reason"]
        counts[reason or "kept"] += 1
        if not reason:
            kept.append(_row(change, source, before["content"], after))
    return pa.Table.from_pylist(kept, CHANGE_SCHEMA)


def _sides(change: Change, listing: Listing) -> Iterable[object]:
    file = File(change.path, None, unread)
    return (listing.raw(file, side.encode()) for side in (change.before, change.after))


def _row(
    change: Change, source: GitSource, before: str, after: dict[str, object]
) -> dict[str, object]:
    return {
        "source": source.name,
        "repository": source.repository,
        "commit": change.commit,
        "time": change.time,
        "message": redact(change.message).text,
        "path": change.path,
        "language": after["language"],
        "licence": after["licence"],
        "licence_from": after["licence_from"],
        "before": before,
        "after": after["content"],
    }
