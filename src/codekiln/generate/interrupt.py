"""When an answer is to be given up before its end: a deadline, or a caller who no longer wants it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Interruption = Literal["deadline", "cancelled"]
GoOn = Callable[[], bool]


class Interrupted(Exception):  # noqa: N818 - no error, but what was asked for
    """A reading was given up between two pieces."""


@dataclass(frozen=True)
class Interrupt:
    """Asked between two steps of an engine. `deadline` is a value of `time.monotonic()`."""

    deadline: float | None = None
    cancelled: threading.Event | None = None

    def go_on(self) -> GoOn | None:
        """Whether nothing has interrupted yet; None where nothing can."""
        if self.deadline is None and self.cancelled is None:
            return None
        return lambda: self.reason() is None

    def reason(self) -> Interruption | None:
        """Why to stop now, if at all."""
        if self.cancelled is not None and self.cancelled.is_set():
            return "cancelled"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return "deadline"
        return None


NEVER = Interrupt()
