"""Which steps are taken and which are passed over: losses that jump, and those that are no number."""

import math
from collections import deque
from collections.abc import Iterable
from statistics import median

WINDOW = 32  # taken steps that a loss is compared with
FEWEST = 16  # before there are so many, only what is no number is passed over
DEVIATIONS = 8.0  # median absolute deviations above the median: far outside what batches differ by
SMALLEST_JUMP = 0.5  # nats a token; below it a jump does no harm


class SpikeGuard:
    """Judges the loss and the gradient's norm of each step before its update."""

    def __init__(self, tolerance: int, recent: Iterable[float] = (), skipped: int = 0) -> None:
        """`tolerance` is how many steps in a row may be passed over.

        A resumed run gives the losses of the last steps taken, and how many were passed over so far.
        """
        self._tolerance = tolerance
        self._recent = deque(recent, maxlen=WINDOW)
        self.in_a_row = 0
        self.skipped = skipped

    def accepts(self, loss: float, norm: float) -> bool:
        """Whether to take the step; what is passed over is counted."""
        good = math.isfinite(loss) and math.isfinite(norm) and not self._jumps(loss)
        if good:
            self._recent.append(loss)
            self.in_a_row = 0
        else:
            self.skipped += 1
            self.in_a_row += 1
        return good

    @property
    def exhausted(self) -> bool:
        """Whether more steps in a row were passed over than are tolerated."""
        return self.in_a_row > self._tolerance

    def recent(self) -> tuple[float, ...]:
        """The losses that the next one is compared with."""
        return tuple(self._recent)

    def _jumps(self, loss: float) -> bool:
        if len(self._recent) < FEWEST:
            return False
        middle = median(self._recent)
        spread = median(abs(one - middle) for one in self._recent)
        return loss - middle > max(SMALLEST_JUMP, DEVIATIONS * spread)
