"""Parts of a text as one shorter text, which remembers where each of them came from."""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

_SEAM = "\n\0\n"  # no rule looks across a NUL


class Excerpt(NamedTuple):
    """The parts in order, and where each begins, here and in the whole."""

    text: str
    places: list[int]
    origins: list[int]

    def origin(self, place: int) -> int:
        """Where in the whole a place of the excerpt is."""
        nth = bisect_right(self.places, place) - 1
        return self.origins[nth] + place - self.places[nth]


def excerpt(whole: str, spans: Iterable[tuple[int, int]]) -> Excerpt:
    """The parts at these spans of (start, end), which are in order; those that touch become one."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    places, length = [], 0
    for start, end in joined:
        places.append(length)
        length += end - start + len(_SEAM)
    text = _SEAM.join([whole[start:end] for start, end in joined])
    return Excerpt(text, places, [start for start, _ in joined])
