"""When a run is over before its last step: as soon as held-out rows show no gain for a while."""

import math
from dataclasses import dataclass


@dataclass
class Stopping:
    """Early stopping (Prechelt 1998, "Early stopping, but when?"): after `patience` looks without gain.

    With no patience nothing is stopped, and no look counts.
    """

    patience: int
    best: float = math.inf
    vain: int = 0  # looks in a row that showed no gain

    def gains(self, loss: float) -> bool:
        """Whether a look at held-out rows gave the least loss so far."""
        if not loss < self.best:  # what is no number never does
            self.vain += 1
            return False
        self.best, self.vain = loss, 0
        return True

    @property
    def over(self) -> bool:
        """Whether to stop."""
        return 0 < self.patience <= self.vain
