"""The maximal runs of a text's ids that stand in an index.

A run is ids side by side, in the text as in a living document, that stand nowhere together with the id
before or behind them. Its ids are looked up from a sample of positions; only where a run could be long
enough, from all. The searches are in `batch_search.py`, what runs tell a user in `provenance.py`.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from codekiln.index.batch_search import Integers, Lanes, longest_matches
from codekiln.index.shard import Shard
from codekiln.tokenizer import Tokenizer

MARGIN = 2  # ids at either end of a run that may be other ids where it was learned from
LOOKED_AT = 64  # places of a run that are told

Occurrence = tuple[Shard, int]


@dataclass(frozen=True)
class Run:
    """Ids `first … last - 1` of the text: how often they stand in the index, and the first places."""

    first: int
    last: int
    count: int
    occurrences: list[Occurrence]


class Cut:
    """A text, cut into ids."""

    def __init__(self, tokenizer: Tokenizer, text: str) -> None:
        """Cut it.

        Raises:
            UsageError: it holds a lone surrogate.
        """
        self.ids = tokenizer.encode(text)
        pieces = [tokenizer.bytes_of(token) for token in self.ids]
        self._bytes = b"".join(pieces)
        self._edges = np.cumsum([0, *map(len, pieces)])
        opens = (np.frombuffer(self._bytes, np.uint8) & 0xC0) != 0x80
        # How many characters begin before each byte, and how many are whole.
        self._begun = np.concatenate([[0], np.cumsum(opens)])
        self._whole = self._begun - np.append(~opens, False)

    def widths(self, first: Integers, last: Integers) -> Integers:
        """Characters of ids `first … last - 1` and of `MARGIN` ids at either side."""
        edges = self._begun[self._edges]
        after = edges[np.minimum(last + MARGIN, len(self.ids))]
        return np.asarray(after - edges[np.maximum(first - MARGIN, 0)])

    def samples(self, stride: int) -> Integers:
        """Positions, the first among them, of which any `stride` characters of whole ids hold one."""
        edges = self._begun[self._edges].tolist()
        samples, place = [], 0
        while place < len(self.ids):
            samples.append(place)
            place = max(bisect_right(edges, edges[place] + stride) - 1, place + 1)
        return np.array(samples, np.int64)

    def around(self, first: int, last: int) -> tuple[bytes, bytes]:
        """The bytes before ids `first … last - 1` and those behind them."""
        return self._bytes[: self._edges[first]], self._bytes[self._edges[last] :]

    def characters(self, first: int, last: int, left: int, right: int) -> tuple[int, int]:
        """The whole characters of ids `first … last - 1`, `left` bytes before and `right` behind them."""
        start, end = self._edges[first] - left, self._edges[last] + right
        return int(self._begun[start]), int(self._whole[end])


def runs(shards: Sequence[Shard], cut: Cut, least: int) -> Iterator[Run]:
    """The maximal runs, in order, whose characters with `MARGIN` ids at either side reach `least`.

    One of fewer than `least // 2` characters may be missed.
    """
    if not cut.ids or not shards:
        return
    ends = _matching(shards, cut, least)
    reach = np.maximum.accumulate(ends.max(axis=1))
    numbers = np.arange(len(reach))
    begins = (np.diff(reach, prepend=0) > 0) & (reach > numbers)
    for first in np.flatnonzero(begins & (cut.widths(numbers, reach) >= least)).tolist():
        last = int(reach[first])
        holders = [shards[number] for number in np.flatnonzero(ends[first] == last).tolist()]
        run = _run(holders, cut.ids, first, last)
        if run.count:  # else it was deleted while we looked
            yield run


def _run(shards: Sequence[Shard], ids: Sequence[int], first: int, last: int) -> Run:
    """Count a run in the shards that hold it."""
    occurrences: list[Occurrence] = []
    count = 0
    for shard in shards:
        low, high = shard.find(shard.encode(ids[first:last]))
        living = shard.living(shard.suffixes[low:high])
        count += len(living)
        left = LOOKED_AT - len(occurrences)
        occurrences += [(shard, position) for position in living[:left].tolist()]
    return Run(first, last, count, occurrences)


def _matching(shards: Sequence[Shard], cut: Cut, least: int) -> Integers:
    """Where the ids from each position on cease to stand together in each shard, `[ids, shards]`.

    From a position on they reach at least as far as from an earlier one (matching statistics, Chang and
    Lawler 1994, §3). So no run begins between two samples that reach equally far, and none that is wide
    enough where it is not from there to where the later one reaches: nothing is looked up there.
    """
    ends = np.zeros((len(cut.ids), len(shards)), np.int64)

    def look_up(at: Integers, where: Integers) -> None:
        """Positions `at` in shards `where`, which ascend."""
        ends[at, where] = at + longest_matches(shards, cut.ids, Lanes(where, at))

    samples = cut.samples(max(least // 2, 1))
    everywhere = np.arange(len(shards))
    look_up(np.tile(samples, len(shards)), np.repeat(everywhere, len(samples)))
    earlier, later = samples[:-1], samples[1:]
    further = ends[later] > ends[earlier].max(axis=1, keepdims=True)
    where, gaps = np.nonzero(further.T)
    sizes = (later - earlier - 1)[gaps]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at, where = np.repeat(earlier[gaps] + 1, sizes) + within, np.repeat(where, sizes)
    wide = cut.widths(at, ends[np.repeat(later[gaps], sizes), where]) >= least
    look_up(at[wide], where[wide])
    return ends
