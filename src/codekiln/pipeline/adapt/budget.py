"""How the minutes that somebody gives are divided, and what is left of them."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

CONTEST, LONGEST_CONTEST = 0.2, 300.0  # of the time, twice; seconds
ALONE = 60.0  # seconds of a contest where nothing is tuned
REST = 45.0  # seconds for corpus, loading, trying how to compute, merging and the index
SLACK = (
    1.3  # of the seconds of tuning: it tries how to compute before, and may be late (`training`)
)
LAST = 3.0  # seconds kept for what comes after the last line
SHARES = (1.0, 0.75, 0.5, 0.25)  # of the time for tuning: a run that goes on finds its own again


@dataclass(frozen=True)
class Budget:
    """Seconds, of which `total` are counted from `begun` on `clock`.

    `contest` and `tuning` follow from the minutes alone, so that a run that was killed, and begun anew,
    finds what it has done.
    """

    contest: float
    tuning: float
    total: float
    begun: float
    clock: Callable[[], float] = time.monotonic

    @property
    def minutes(self) -> float | None:
        """What was given; None: nothing is tuned."""
        return None if math.isinf(self.total) else self.total / 60

    @classmethod
    def of(
        cls,
        minutes: float | None,
        begun: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> "Budget":
        """Of so many minutes; without any nothing is tuned."""
        begun = clock() if begun is None else begun
        if minutes is None:
            return cls(ALONE, 0.0, math.inf, begun, clock)
        total = 60 * minutes
        contest = min(CONTEST * total, LONGEST_CONTEST)
        tuning = max((total - 2 * contest - REST) / SLACK, total / 4)
        return cls(contest, round(tuning, 3), total, begun, clock)

    def left(self) -> float:
        """Seconds until everything must be over."""
        return self.total - LAST - (self.clock() - self.begun)

    def tuning_now(self) -> float:
        """Seconds of tuning for which there is time, and for a contest behind it; 0: there is none."""
        room = (self.left() - self.contest - REST / 2) / SLACK
        return next((s * self.tuning for s in SHARES if s * self.tuning <= room), 0.0)

    def second_contest(self) -> float:
        """Seconds for typing the same lines again, which may take somewhat longer."""
        return min(1.5 * self.contest, self.left())
