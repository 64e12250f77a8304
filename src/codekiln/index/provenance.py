"""Where a text was learned from: its maximal passages that stand in the index word for word.

The text's runs of ids are found in `runs.py`; here they become passages of characters, with places and
licences.

What is exact, and what is not. Every run is found whose characters, with those of two ids at either side,
reach `least`, if it has `least // 2` of its own; its count is exact. Text that was cut elsewhere has other
ids at its edges. So a run is extended at both ends by comparing bytes, at the first `COMPARED` places
where it stands, `REACH` ids far.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from codekiln.corpus.licences import allowed
from codekiln.index.index import Index, Place
from codekiln.index.runs import Cut, Occurrence, Run, runs
from codekiln.index.shard import Shard

LEAST = 50  # characters
COMPARED = 8  # places of a run where its edges are compared
REACH = 32  # ids that an edge is compared with
SHOWN = 3  # places that are told
OWN = "own"  # the licence of the user's own code


@dataclass(frozen=True)
class Passage:
    """`text[start:end]` stands word for word at `places`, which are a few of `count`.

    `flagged`: of the places looked at, 64 at most, none has a licence on the user's list. One that has
    comes first: who may copy from there need not care where else it stands. `count` and `flagged` are
    about the passage's whole ids.
    """

    start: int
    end: int
    count: int
    places: tuple[Place, ...]
    flagged: bool

    def plain(self, text: str) -> dict[str, Any]:
        """All of it as plain data; `text` is what its offsets count in."""
        return {
            "text": text[self.start : self.end],
            "start": self.start,
            "end": self.end,
            "count": self.count,
            "flagged": self.flagged,
            "places": [{**place.origin._asdict(), "line": place.line} for place in self.places],
        }


def trace(
    text: str, index: Index, licences: Collection[str] | None = None, least: int = LEAST
) -> list[Passage]:
    """The passages of `least` characters or more, rarest first, then longest; none is within another.

    `licences` are the SPDX identifiers that the user allows, as in `corpus.licences.allowed`; without them
    nothing is flagged, and code marked as the user's own never is. Where the tokenizer normalises,
    characters are those of the normalised text.

    Raises:
        UsageError: the text holds a lone surrogate.
    """
    cut = Cut(index.tokenizer, text)
    found = [(*_extent(cut, run, index), run) for run in runs(index.shards, cut, least)]
    passages: list[Passage] = []
    reached = 0
    for start, end, run in sorted(found, key=lambda one: (one[0], -one[1], one[2].count)):
        if end - start >= least and end > reached:
            places, flagged = _places(run, index, licences)
            passages.append(Passage(start, end, run.count, places, flagged))
            reached = end
    return sorted(passages, key=lambda one: (one.count, one.start - one.end, one.start))


def _extent(cut: Cut, run: Run, index: Index) -> tuple[int, int]:
    """First character and one past the last, at the place where they go furthest beyond the run's ids."""
    before, behind = cut.around(run.first, run.last)
    further = []
    for shard, position in run.occurrences[:COMPARED]:
        beside = _around(shard, position, position + run.last - run.first)
        left, right = (b"".join(map(index.tokenizer.bytes_of, ids)) for ids in beside)
        further.append((_in_common(reversed(left), reversed(before)), _in_common(right, behind)))
    return cut.characters(run.first, run.last, *max(further, key=sum))


def _around(shard: Shard, first: int, last: int) -> tuple[list[int], list[int]]:
    """Up to `REACH` ids before position `first` and from `last` on, in the same document."""
    start = int(shard.starts[shard.documents_of(first)])
    right = shard.tokens[last : last + REACH].tolist()
    end = right.index(shard.end) if shard.end in right else REACH
    return shard.tokens[max(first - REACH, start) : first].tolist(), right[:end]


def _in_common(some: Iterable[int], others: Iterable[int]) -> int:
    """How many bytes are the same, from the first on."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(some, others, strict=False))
    )


def _places(
    run: Run, index: Index, licences: Collection[str] | None
) -> tuple[tuple[Place, ...], bool]:
    """The places of a run that are told, and whether it is flagged."""

    def permitted(occurrence: Occurrence) -> bool:
        shard, position = occurrence
        licence = shard.origins[int(shard.documents_of(position))].licence
        return licences is None or licence == OWN or allowed(licence, licences)

    best = next(filter(permitted, run.occurrences), None)
    others = [occurrence for occurrence in run.occurrences[: SHOWN + 1] if occurrence != best]
    told = [best, *others] if best else others
    return tuple(index.place(*occurrence) for occurrence in told[:SHOWN]), best is None
