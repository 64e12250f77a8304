"""Many binary searches in many suffix arrays at once, in step: what one search after another would do
in Python some thousand times, numpy does in some twenty rounds.

Each lane looks for its own part of one text in its own shard. What the answers are for is in `runs.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from codekiln.index.shard import OUTLINED, Shard

NARROW, WIDE = 8, 64  # tokens compared in a round: most differ in the first few
WINDOW = 8  # suffixes first looked at for a living one

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Lanes:
    """What is looked for: a text's ids from `starts[i]` on, in shard `shards[i]`.

    Both are `[lanes]`; `shards` ascends.
    """

    shards: Integers
    starts: Integers


@dataclass(frozen=True)
class _Bounds:
    """The first suffixes that are not below the lanes' ids, `[lanes]`, and how many tokens the suffix
    before each and that suffix itself have in common with the ids.
    """

    places: Integers
    before: Integers
    after: Integers


def longest_matches(shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes) -> Integers:
    """How many of each lane's ids, from the first on, stand together in a living document, `[lanes]`.

    The suffixes beside the place where the ids would stand have most in common with them. No id is an
    end token.
    """
    found = _lower_bounds(shards, ids, lanes)
    for part, shard in _parts(shards, lanes):
        _pass_over_deleted(shard, np.asarray(ids), lanes.starts[part], found, part)
    return np.maximum(found.before, found.after)


def _lower_bounds(shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes) -> _Bounds:
    """Halve `low < place <= high` until one place is left.

    Comparing goes on behind what both ends have in common with the ids (Manber and Myers 1993, §2).
    """
    reader = _Reader(shards, ids, lanes)
    low, high = _outlined(shards, ids, lanes)
    before, after = np.zeros_like(low), np.zeros_like(low)
    depth, width = np.zeros_like(low), NARROW
    while (high - low > 1).any():
        middle = np.maximum((low + high) >> 1, 0)  # a lane that is done stays as it is
        depth, decided, below = reader.compare(middle, depth, width)
        above = decided & ~below
        np.copyto(low, middle, where=below)
        np.copyto(before, depth, where=below)
        np.copyto(high, middle, where=above)
        np.copyto(after, depth, where=above)
        np.copyto(depth, np.minimum(before, after), where=decided)
        width = NARROW if decided.all() else WIDE
    return _Bounds(high, before, after)


def _outlined(
    shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes
) -> tuple[Integers, Integers]:
    """A suffix below each lane's ids, or -1; one above all that begin with them, or their number."""
    stored = shards[0].tokens.dtype
    at = lanes.starts[:, None] + np.arange(8 // stored.itemsize)
    tokens, inside = np.asarray(ids).take(at, mode="clip"), at < len(ids)
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


class _Reader:
    """Compares suffixes with the lanes' ids, some tokens from a depth on."""

    def __init__(self, shards: Sequence[Shard], ids: Sequence[int], lanes: Lanes) -> None:
        self._stored, self._starts = shards[0].tokens.dtype, lanes.starts
        # Whether tokens are equal is seen without turning their bytes round.
        native = self._stored.newbyteorder("=")
        self._ids = np.asarray(ids).astype(self._stored).view(native)
        self._lengths = len(ids) - lanes.starts
        self._parts = [
            (part, shard.suffixes, shard.tokens.view(native))
            for part, shard in _parts(shards, lanes)
        ]
        self._offsets, self._numbers = np.arange(WIDE), np.arange(len(lanes.starts))

    def compare(
        self, middle: Integers, depth: Integers, width: int
    ) -> tuple[Integers, Booleans, Booleans]:
        """The new depth, whether that decides, and whether the suffix is below the ids, `[lanes]` each.

        Past its last token a shard goes on with that, an end, which no id equals.
        """
        offsets = self._offsets[:width]
        wanted = self._ids.take((self._starts + depth)[:, None] + offsets, mode="clip")
        stored = np.empty_like(wanted)
        for part, suffixes, tokens in self._parts:
            places = suffixes.take(middle[part], mode="clip") + depth[part]
            tokens.take(places[:, None] + offsets, out=stored[part], mode="clip")
        same = np.zeros((len(depth), width + 1), np.bool_)  # behind the last, they differ
        np.equal(stored, wanted, out=same[:, :width])
        run = same.argmin(axis=1)
        at = self._numbers * width + np.minimum(run, width - 1)
        theirs, ours = (tokens.take(at).view(self._stored) for tokens in (stored, wanted))
        whole = depth + run >= self._lengths
        return (
            np.minimum(depth + run, self._lengths),
            whole | (run < width),
            ~whole & (theirs < ours),
        )


def _pass_over_deleted(
    shard: Shard, ids: Integers, starts: Integers, found: _Bounds, part: slice
) -> None:
    """Where a neighbour of a bound was deleted, count what the nearest living one has in common."""
    places = found.places[part]
    for common, step in ((found.before[part], -1), (found.after[part], 0)):
        beside = np.minimum(np.maximum(places + step, 0), len(shard) - 1)
        positions = shard.suffixes[beside]
        living = shard.living(positions)
        if len(living) == len(positions):
            continue
        for lane in np.flatnonzero(~np.isin(positions, living)).tolist():
            nearest = _living_beside(shard, int(places[lane]), before=step < 0)
            common[lane] = _in_common(shard, nearest, ids[starts[lane] :])


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
    """How many tokens from a position on are those of `ids`."""
    if position is None:
        return 0
    tokens = shard.tokens[position : position + len(ids)]
    differing = np.flatnonzero(tokens != ids[: len(tokens)])
    return int(differing[0]) if len(differing) else len(tokens)
