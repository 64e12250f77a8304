"""A quick look: some of what could be tried, and how the table says so."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def spread(items: Sequence[T], count: int | None) -> list[T]:
    """`count` of them, evenly spread and the first one in; all where there are no more.

    >>> spread("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    if count is None or count >= len(items):
        return list(items)
    return [items[n * len(items) // count] for n in range(count)]


def part_of(chosen: int, of: int) -> str:
    """How the table calls what was tried.

    >>> part_of(164, 164), part_of(20, 164)
    ('all 164', '20 of 164, evenly spread')
    """
    return f"all {of:,}" if chosen == of else f"{chosen:,} of {of:,}, evenly spread"
