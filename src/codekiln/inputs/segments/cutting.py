"""Files cut into segments of whole lines, two by two."""

from collections.abc import Iterator, Sequence

import numpy as np

from codekiln.tokenizer import Tokenizer

SHORTEST = 0.5  # of the size; a shorter segment tells that a file ends there
Pair = tuple[list[int], list[int]]


class Cutter:
    """Cuts the ids of a file at line ends; a segment has as many lines as fit."""

    def __init__(self, tokenizer: Tokenizer, size: int) -> None:
        """`size` is the most ids of a segment."""
        self._size = size
        pieces = map(tokenizer.bytes_of, range(tokenizer.vocabulary_size))
        self._ends_line = np.array([piece.endswith(b"\n") for piece in pieces])

    def pairs(self, ids: Sequence[int]) -> Iterator[Pair]:
        """Segments that follow each other; each stands in one pair at most.

        A line longer than a segment is cut as it comes, but no pair meets inside a line: where the other
        half is from elsewhere, that would tell.
        """
        array = np.asarray(ids, np.int64)
        lines = np.flatnonzero(self._ends_line[array]) + 1
        borders = self._borders(lines, len(ids))
        for start, middle, stop in zip(borders[:-2:2], borders[1:-1:2], borders[2::2], strict=True):
            long = min(middle - start, stop - middle) >= SHORTEST * self._size
            if long and self._ends_line[array[middle - 1]]:
                yield list(ids[start:middle]), list(ids[middle:stop])

    def _borders(self, lines: np.ndarray[tuple[int], np.dtype[np.int64]], length: int) -> list[int]:
        """Where segments begin and end, given where lines end."""
        borders = [0]
        while borders[-1] < length:
            limit = borders[-1] + self._size
            fitting = np.searchsorted(lines, limit, side="right")
            last = int(lines[fitting - 1]) if fitting else 0
            borders.append(last if last > borders[-1] else min(limit, length))
        return borders
