"""What an index tells of a context: the longest suffix of it that it holds, and what followed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

TokenArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Match:
    """The longest suffix of a context that stands in an index with something behind it.

    `length` is that suffix in tokens, 0 where there is none; `count` how often it stands there.
    `followers[n]` are the distinct ids that came next, ascending, and `counts[n]` how often each did
    among the places that were looked at: all of them, or an even sample where there are many.
    """

    length: int
    count: int
    followers: TokenArray
    counts: TokenArray


NO_MATCH = Match(0, 0, np.zeros(0, np.int64), np.zeros(0, np.int64))


class Matcher(Protocol):
    """Anything that finds a context: an index on disk, or the ids of the file that is open.

    Answers depend on the context alone. A matcher may remember the last one, so that a context that
    goes on from it costs little.
    """

    def match(self, context: Sequence[int]) -> Match:
        """The longest match of a context's end."""

    def draft(self, context: Sequence[int], n: int) -> list[int]:
        """Up to `n` ids: what followed the longest match, at the place where most agree; or none."""


class Documents(Matcher, Protocol):
    """A matcher over files, each of which can be left out."""

    def without(self, path: str) -> Matcher:
        """The same but for the documents of one path, as they are now."""
