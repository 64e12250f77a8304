"""Many binary searches in many suffix arrays at once, in step: what one search after another would do
in Python some thousand times, numpy does in some thirty rounds.

Each lane looks for its own part of one text in its own shard. What the places found mean is told in
`provenance.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codekiln.index.shard import OUTLINED, Shard

NARROW, WIDE = 8, 64  # tokens compared in a round: most differ in the first few
FURTHEST = 1 << 31  # no shard has as many tokens
WINDOW = 8  # suffixes first looked at for a living one

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lanes:
    """What is looked for: `ids[starts[i] : starts[i] + lengths[i]]` in shard `shards[i]`.

    All three are `[lanes]`; `shards` ascends.
    """

    shards: Integers
    starts: Integers
    lengths: Integers


@dataclass(frozen=True)
class Bounds:
    """Where each lane's ids would stand among the suffixes of its shard, `[lanes]` each.

    `places[i]` is the first suffix that is not below the ids (or, of an upper bound, the first above
    all that begin with them); `before` and `after` count how many tokens the suffix before it and the
    suffix at it have in common with them.
    """

    places: Integers
    before: Integers
    after: Integers

    @property
    def longest(self) -> Integers:
        """How many of the ids stand in the shard, from the first on: the matching statistics."""
        return np.maximum(self.before, self.after)


def lower_bounds(shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes) -> Bounds:
    """Where each lane's ids would stand, and how far they do; none of `ids` is an end token."""
    low, high = _outlined(shards, ids, lanes)
    above, stride = np.zeros(len(low), np.bool_), np.full_like(low, FURTHEST)
    found = _search(shards, ids, lanes, low, high, above, stride)
    for part, shard in _parts(shards, lanes):
        _pass_over_deleted(shard, np.asarray(ids), lanes, found, part)
    return found


def ranges(
    shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes, found: Integers
) -> tuple[Integers, Integers]:
    """First and one past the last of the suffixes that begin with each lane's ids, `[lanes]` both.

    `found[i]` is the lower bound of longer ids that begin with those of lane `i`: it lies in the
    range or at its end. Most ranges are small, so the search goes out from there.
    """
    both = Lanes(*(np.repeat(part, 2) for part in (lanes.shards, lanes.starts, lanes.lengths)))
    low, high = np.repeat(found - 1, 2), np.repeat(found, 2)
    low[0::2], high[1::2] = -1, _sizes(shards)[lanes.shards]
    above = np.arange(len(low)) % 2 == 1
    places = _search(shards, ids, both, low, high, above, stride=np.ones_like(low)).places
    return places[0::2], places[1::2]


def _sizes(shards: Sequence[Shard]) -> Integers:
    return np.array([len(shard) for shard in shards], np.int64)


def _outlined(
    shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes
) -> tuple[Integers, Integers]:
    """A suffix below each lane's ids, or -1; one above all that begin with them, or their number."""
    stored = shards[0].tokens.dtype
    offsets = np.arange(8 // stored.itemsize)
    tokens = np.asarray(ids).take(lanes.starts[:, None] + offsets, mode="clip")
    inside = offsets < lanes.lengths[:, None]
    least, most = (
        np.where(inside, tokens, filler).astype(stored).view(">u8")[:, 0].astype(np.uint64)
        for filler in (0, -1)  # the smallest id and the largest
    )
    low, high = np.empty_like(lanes.starts), np.empty_like(lanes.starts)
    for part, shard in _parts(shards, lanes):
        low[part] = (np.searchsorted(shard.outline, least[part]) - 1) * OUTLINED
        high[part] = np.searchsorted(shard.outline, most[part], side="right") * OUTLINED
        np.minimum(high[part], len(shard), out=high[part])
    return np.maximum(low, -1), high


def _parts(shards: Sequence[Shard], lanes: Lanes) -> list[tuple[slice, Shard]]:
    """The lanes of each shard that has any."""
    cuts = np.searchsorted(lanes.shards, np.arange(len(shards) + 1)).tolist()
    return [
        (slice(first, last), shard)
        for shard, first, last in zip(shards, cuts, cuts[1:], strict=False)
        if first < last
    ]


def _search(
    shards: Sequence[Shard],
    ids: Sequence[int],
    lanes: Lanes,
    low: Integers,
    high: Integers,
    above: npt.NDArray[np.bool_],
    stride: Integers,
) -> Bounds:
    """Narrow `low < place <= high` down to one place.

    The search for a lower bound begins `stride` from `high`, that for an upper bound (`above`) from `low`.
    Comparing goes on behind what both ends have in common with the ids (Manber and Myers 1993, §2).
    """
    reader = _Reader(shards, ids, lanes)
    before, after = np.zeros_like(low), np.zeros_like(low)  # tokens in common with either end
    depth = np.zeros_like(low)
    width = NARROW
    while (high - low > 1).any():
        middle = (low + high) >> 1
        near = np.where(above, np.minimum(middle, low + stride), np.maximum(middle, high - stride))
        middle = np.maximum(near, 0)  # a lane that is done stays as it is
        depth, decided, below = reader.compare(middle, depth, above, width)
        up, down = decided & below, decided & ~below
        np.copyto(low, middle, where=up)
        np.copyto(before, depth, where=up)
        np.copyto(high, middle, where=down)
        np.copyto(after, depth, where=down)
        np.copyto(depth, np.minimum(before, after), where=decided)
        width = NARROW if decided.all() else WIDE
        stride = np.minimum(stride << decided, FURTHEST)
    return Bounds(high, before, after)


def _pass_over_deleted(
    shard: Shard, ids: Integers, lanes: Lanes, found: Bounds, part: slice
) -> None:
    """Where a neighbour of a bound was deleted, count what the nearest living one has in common."""
    last = len(shard) - 1
    for common, step in ((found.before, -1), (found.after, 0)):
        places = found.places[part] + step
        positions = shard.suffixes[np.minimum(np.maximum(places, 0), last)]
        living = shard.living(positions)
        if len(living) == len(positions):
            continue
        deleted = ~np.isin(positions, living)
        for lane in np.flatnonzero(deleted).tolist():
            nearest = _living_beside(shard, int(found.places[part][lane]), before=step < 0)
            start = lanes.starts[part][lane]
            wanted = ids[start : start + lanes.lengths[part][lane]]
            common[part][lane] = _in_common(shard, nearest, wanted)


def _living_beside(shard: Shard, place: int, before: bool) -> int | None:
    """The position of the last living suffix before a place, or of the first from there on."""
    size = WINDOW
    while True:
        window = slice(max(place - size, 0), place) if before else slice(place, place + size)
        living = shard.living(shard.suffixes[window])
        if len(living):
            return int(living[-1 if before else 0])
        if window.start == 0 if before else window.stop >= len(shard):
            return None
        size *= WINDOW


def _in_common(shard: Shard, position: int | None, ids: Integers) -> int:
    if position is None:
        return 0
    tokens = shard.tokens[position : position + len(ids)]
    differing = np.flatnonzero(tokens != ids[: len(tokens)])
    return int(differing[0]) if len(differing) else len(tokens)


class _Reader:
    """Compares suffixes with the lanes' ids, some tokens from a depth on."""

    def __init__(self, shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes) -> None:
        self._stored, self._lanes = shards[0].tokens.dtype, lanes
        # Whether tokens are equal is seen without turning their bytes round.
        native = self._stored.newbyteorder("=")
        self._ids = np.asarray(ids).astype(self._stored).view(native)
        self._parts = [
            (part, shard.suffixes, shard.tokens.view(native))
            for part, shard in _parts(shards, lanes)
        ]
        self._offsets = np.arange(WIDE)
        self._numbers = np.arange(len(lanes.shards))

    def compare(
        self, middle: Integers, depth: Integers, above: npt.NDArray[np.bool_], width: int
    ) -> tuple[Integers, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """The new depth, whether that decides, and whether the suffix is below (all `[lanes]`)."""
        offsets, lengths = self._offsets[:width], self._lanes.lengths
        wanted = self._ids.take((self._lanes.starts + depth)[:, None] + offsets, mode="clip")
        stored = np.empty_like(wanted)
        for part, suffixes, tokens in self._parts:
            places = suffixes.take(middle[part], mode="clip") + depth[part]
            tokens.take(places[:, None] + offsets, out=stored[part], mode="clip")
        same = np.zeros((len(depth), width + 1), np.bool_)  # behind the last, they differ
        np.equal(stored, wanted, out=same[:, :width])
        run = same.argmin(axis=1)
        whole = depth + run >= lengths
        at = self._numbers * width + np.minimum(run, width - 1)
        theirs, ours = (tokens.take(at).view(self._stored) for tokens in (stored, wanted))
        below = np.where(whole, above, theirs < ours)
        return np.minimum(depth + run, lengths), whole | (run < width), below
