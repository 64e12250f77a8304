"""Which of a history's lines are typed: all, so many of them, or as many as there is time for."""

import time
from collections.abc import Callable


class Pace:
    """Asked before each run of lines; those that are kept lie evenly over the history."""

    def __init__(
        self,
        lines: int | None = None,
        until: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`until` is a time of `clock`, in seconds."""
        self._lines, self._until, self._clock = lines, until, clock
        self._created = clock()
        self._begun: float | None = None

    def may_index(self) -> bool:
        """Whether more files may be indexed before the first line: half of the time is for typing."""
        return self._until is None or self._clock() < (self._created + self._until) / 2

    def keeps(self, typed: int, passed: int, total: int) -> bool:
        """Whether the next run is to be typed, where `typed` of the first `passed` lines have been."""
        share = passed / total
        if self._lines is not None and typed > self._lines * share and self._lines < total:
            return False
        if self._until is None:
            return True
        now = self._clock()
        self._begun = now if self._begun is None else self._begun
        return now <= self._begun + share * (self._until - self._begun)

    def is_over(self, typed: int) -> bool:
        """Whether no further line is to be typed."""
        late = self._until is not None and self._clock() >= self._until
        return late or (self._lines is not None and typed >= self._lines)
