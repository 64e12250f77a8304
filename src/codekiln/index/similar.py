"""Pieces of an index that go on as the given lines do: what a prompt may show of other files."""

from collections.abc import Iterator
from typing import NamedTuple

from codekiln.index.index import Index
from codekiln.index.runs import Cut, Run, runs
from codekiln.index.shard import Shard

LEAST = 24  # characters that a piece has in common with the lines
BEHIND = 5  # lines of it behind those
PIECES, PLACES = 4, 2  # runs that are followed, and places of each
REACH = 160  # ids that are looked through for line ends


class Hit(NamedTuple):
    """Whole lines of a document."""

    path: str
    text: str


def similar(index: Index, text: str) -> Iterator[Hit]:
    """The lines around what `text` has in common with the index, the longest in common first.

    A document is shown once. Raises UsageError: the text holds a lone surrogate.
    """
    found = runs(index.shards, Cut(index.tokenizer, text), LEAST)
    shown: set[str] = set()
    for run in sorted(found, key=lambda run: (run.first - run.last, run.first))[:PIECES]:
        for shard, position in run.occurrences[:PLACES]:
            path = shard.origins[int(shard.documents_of(position))].path
            if path not in shown:
                shown.add(path)
                yield Hit(path, _lines(index, run, shard, position))


def _lines(index: Index, run: Run, shard: Shard, position: int) -> str:
    """From the line that the run begins in to a few lines behind its end."""
    document = int(shard.documents_of(position))
    ids, start = shard.document(document), position - int(shard.starts[document])
    end = start + run.last - run.first
    decode = index.tokenizer.decode
    before = decode(ids[max(start - REACH, 0) : start].tolist()).rpartition("\n")[2]
    behind = decode(ids[end : end + REACH].tolist()).split("\n")[: BEHIND + 1]
    return before + decode(ids[start:end].tolist()) + "\n".join(behind)
