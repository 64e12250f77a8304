"""Examples packed into rows of one length, each id with two flags in its upper bits.

The flags say that an example begins, and that an id is of a target. So a row is as long as what it holds,
and the loader, which knows of neither, serves it like any other.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from codekiln.inputs.examples.example import Example
from codekiln.inputs.loader import RowStore

BEGINS, TARGET = 1 << 30, 1 << 31
ID_TYPE = np.uint32


def ids_of(rows: Any) -> Any:
    """The ids without their flags; of an array, or of a tensor, as those below."""
    return rows & (BEGINS - 1)


def begins(rows: Any) -> Any:
    """Where an example begins."""
    return (rows & BEGINS) != 0


def is_target(rows: Any) -> Any:
    """Which ids are of a target."""
    return (rows & TARGET) != 0


def pack(examples: Sequence[Example], length: int, padding: int) -> npt.NDArray[np.uint32]:
    """Rows `[n, length + 1]` that hold each example in one piece.

    The longest first, each into the fullest row that has room for it (best fit decreasing; Ding et al.
    2024, "Fewer truncations improve language modeling"). Behind the last one stands `padding`,
    without a flag. None may be longer than a row.
    """
    size = length + 1
    rows: list[list[Example]] = []
    room: list[tuple[int, int]] = []  # left in a row, and its number; in order
    for example in sorted(examples, key=lambda one: (-len(one), one.key)):
        assert len(example) <= size
        place = bisect_left(room, (len(example), 0))
        if place < len(room):
            left, number = room.pop(place)
        else:
            left, number = size, len(rows)
            rows.append([])
        rows[number].append(example)
        insort(room, (left - len(example), number))
    packed = np.full((len(rows), size), padding, ID_TYPE)
    for row, together in zip(packed, rows, strict=True):
        _fill(row, together)
    return packed


def _fill(row: npt.NDArray[np.uint32], examples: Iterable[Example]) -> None:
    start = 0
    for example in examples:
        middle, stop = start + len(example.context), start + len(example)
        row[start:middle] = example.context
        row[middle:stop] = example.target
        row[start] |= ID_TYPE(BEGINS)
        row[middle:stop] |= ID_TYPE(TARGET)
        start = stop


class ExampleRows(RowStore):
    """The rows of one split of an artifact of examples."""

    def largest(self) -> int:
        """The largest id in any row; reads all of them."""
        return max(int(ids_of(self[place]).max()) for place in range(len(self)))
