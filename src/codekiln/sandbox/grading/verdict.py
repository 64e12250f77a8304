"""What a grader found."""

from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "passed", "failed", "error", "ended", "time", "memory", "disk", "output", "invalid"
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True)
class Verdict:
    """Why a program passed or did not, and what a person would have seen.

    An assert "failed", an "error" was raised, the program "ended" before it had answered, or it ran into
    a limit; the test itself was "invalid". `message` is the traceback, and may quote the test.
    """

    reason: Reason
    message: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """The whole test ran and held."""
        return self.reason == "passed"
