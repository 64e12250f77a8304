"""When an answer is to be given up before its end: a deadline, or a caller who no longer wants it."""

import threading
import time
from dataclasses import dataclass
from typing import Literal

Interruption = Literal["deadline", "cancelled"]


@dataclass(frozen=True)
class Interrupt:
    """Asked between two steps of an engine. `deadline` is a value of `time.monotonic()`."""

    deadline: float | None = None
    cancelled: threading.Event | None = None

    def reason(self) -> Interruption | None:
        """Why to stop now, if at all."""
        if self.cancelled is not None and self.cancelled.is_set():
            return "cancelled"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "deadline"
        return None
