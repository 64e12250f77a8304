"""Reading a finished corpus: the documents of a split, and what was left out of it."""

import itertools
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from codekiln.artifact import Artifact
from codekiln.corpus.collect.shards import CHANGES, DOCUMENTS, QUARANTINED, REJECTED, read_table
from codekiln.corpus.document import Document, Rejection
from codekiln.corpus.select.stage import SELECTION, SOURCES, SPLIT
from codekiln.corpus.select.survivors import Verdict

Split = Literal["train", "held_out"]
HEAD = 1000  # characters of a dropped document that its rejection shows


class Entry(NamedTuple):
    """What stands in the table about a document, without its content."""

    source: str
    repository: str
    language: str
    sha256: str
    bytes: int


_COLUMNS = [field.name for field in fields(Document) if field.name != "group"]
COPIES = (Verdict.DUPLICATE.reason, Verdict.NEAR_DUPLICATE.reason)


@dataclass(frozen=True)
class Copies:
    """A document that was dropped for another, and the one that stayed."""

    dropped: Document
    kept: Document


@dataclass(frozen=True)
class CommittedChange:
    """One file as a commit found it and as it left it; `time` is in seconds since 1970.

    `split` is that of the file as it is now, and None where that is of none.
    """

    source: str
    repository: str
    commit: str
    time: int
    message: str
    path: str
    language: str
    licence: str
    licence_from: str
    before: str
    after: str
    split: Split | None


def documents(artifact: Artifact, split: Split) -> Iterator[Document]:
    """The documents of one split, in the order of the sources and their shards.

    Raises:
        ArtifactError: the artifact is no corpus, or damaged.
    """
    for table in _split(artifact, split, _COLUMNS):
        yield from map(_document, table.to_pylist())


def entries(artifact: Artifact, split: Split) -> Iterator[Entry]:
    """The same documents in the same order; no content is read."""
    for table in _split(artifact, split, Entry._fields):
        columns = (table[name].to_pylist() for name in Entry._fields)
        yield from map(Entry._make, zip(*columns, strict=True))


def changes(artifact: Artifact) -> Iterator[CommittedChange]:
    """What the newest commits of git sources changed, of either split, commit after commit.

    Of a repository that both splits share, only files that are there now, by the same path, are of one:
    what was renamed since may stand on the other side.
    """
    shards = [
        path
        for entry in _sources(artifact)
        for path in artifact.files(f"{entry['folder']}/{CHANGES}")
    ]
    splits = _splits(artifact) if shards else {}
    whole = {
        place: one.pop() for place, files in splits.items() if len(one := {*files.values()}) < 2
    }
    for path in shards:
        for row in read_table(path).to_pylist():
            place = (row["source"], row["repository"])
            split = whole.get(place) or splits.get(place, {}).get(row["path"])
            yield CommittedChange(**row, split=split)


def rejected(artifact: Artifact) -> Iterator[Rejection]:
    """Every file that was left out, with its reason; quarantined ones and copies among them."""
    for entry in _sources(artifact):
        for prefix in (REJECTED, QUARANTINED):
            for path in artifact.files(f"{entry['folder']}/{prefix}"):
                yield from (Rejection(**row) for row in read_table(path).to_pylist())
    best = {row["best"] for row in _dropped(artifact, ["source"], COPIES)}
    names = {
        row["number"]: f"{row['source']}/{row['path']}"
        for row in _numbered(artifact, ["source", "path"], best)
    }
    reasons = [verdict.reason for verdict in Verdict if verdict != Verdict.KEPT]
    for row in _dropped(artifact, [*_COLUMNS, "bytes"], reasons):
        yield _rejection(row, names)


def kept_contents(artifact: Artifact) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Source, repository and path of every document, with the SHA-256 of its content."""
    columns = ("source", "repository", "path", "sha256")
    for table in _shards(artifact, columns):
        kept = table.filter(pc.equal(table["verdict"], Verdict.KEPT.reason))
        rows = zip(*(kept[name].to_pylist() for name in columns), strict=True)
        yield from (
            ((source, repository, path), digest) for source, repository, path, digest in rows
        )


def document_sizes(artifact: Artifact) -> dict[int, int]:
    """How many documents there are for each power of two that their bytes do not reach."""
    counts: Counter[int] = Counter()
    for table in _shards(artifact, ("bytes",)):
        kept = table.filter(pc.equal(table["verdict"], Verdict.KEPT.reason))
        counts.update(size.bit_length() for size in kept["bytes"].to_pylist())
    return dict(counts)


def copies(artifact: Artifact, reason: str, limit: int) -> list[Copies]:
    """The first pairs of a dropped document and the one that stayed, of one reason."""
    dropped = list(itertools.islice(_dropped(artifact, _COLUMNS, (reason,)), limit))
    best = {row["best"] for row in dropped}
    kept = {row["number"]: row for row in _numbered(artifact, _COLUMNS, best)}
    return [Copies(_document(row), _document(kept[row["best"]])) for row in dropped]


def _rejection(row: dict[str, Any], names: dict[int, str]) -> Rejection:
    return Rejection(
        source=row["source"],
        repository=row["repository"],
        path=row["path"],
        language=row["language"],
        bytes=row["bytes"],
        reason=row["verdict"],
        detail=f"same as {names[row['best']]}" if row["verdict"] in COPIES else "",
        head=row["content"][:HEAD],
    )


def _dropped(
    artifact: Artifact, columns: Sequence[str], reasons: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for table in _shards(artifact, columns):
        wanted = pc.is_in(table["verdict"], pa.array(reasons, pa.string()))
        yield from table.filter(wanted).to_pylist()


def _numbered(
    artifact: Artifact, columns: Sequence[str], numbers: Collection[int]
) -> Iterator[dict[str, Any]]:
    for table in _shards(artifact, columns):
        wanted = pc.is_in(table["number"], pa.array(numbers, pa.int64()))
        yield from table.filter(wanted).to_pylist()


def _split(artifact: Artifact, split: Split, columns: Sequence[str]) -> Iterator[pa.Table]:
    held_out = json.loads(artifact.file(SPLIT).read_text(encoding="utf-8"))["held_out"]
    for table in _shards(artifact, columns):
        is_held = pc.is_in(table["group"], pa.array(held_out, pa.string()))
        kept = pc.equal(table["verdict"], Verdict.KEPT.reason)
        wanted = is_held if split == "held_out" else pc.invert(is_held)
        yield table.filter(pc.and_(kept, wanted))


def _splits(artifact: Artifact) -> dict[tuple[str, str], dict[str, Split]]:
    """The split of each document, by its source and repository and then by its path."""
    found: dict[tuple[str, str], dict[str, Split]] = {}
    both: tuple[Split, ...] = ("train", "held_out")
    for split in both:
        for table in _split(artifact, split, ("source", "repository", "path")):
            columns = (table[name].to_pylist() for name in ("source", "repository", "path"))
            for source, repository, path in zip(*columns, strict=True):
                found.setdefault((source, repository), {})[path] = split
    return found


def _shards(artifact: Artifact, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Every shard, beside its own columns its part of the selection and the documents' numbers."""
    number = 0
    for entry in _sources(artifact):
        folder = entry["folder"]
        selection = read_table(artifact.file(f"{SELECTION}{folder}.parquet"))
        for name in ("verdict", "group"):
            place = selection.schema.get_field_index(name)
            selection = selection.set_column(place, name, selection[name].cast(pa.string()))
        start = 0
        for path in artifact.files(f"{folder}/{DOCUMENTS}"):
            table = read_table(path, columns)
            part = selection.slice(start, table.num_rows)
            for name in part.column_names:
                table = table.append_column(name, part[name])
            places = pa.array(range(number, number + table.num_rows), pa.int64())
            yield table.append_column("number", places)
            start += table.num_rows
            number += table.num_rows


def _sources(artifact: Artifact) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(artifact.file(SOURCES).read_text(encoding="utf-8"))
    return listed


def _document(row: dict[str, Any]) -> Document:
    values = {name: row[name] for name in _COLUMNS}
    return Document(**{**values, "domains": tuple(row["domains"])}, group=row["group"] or "")
