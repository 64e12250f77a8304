"""What a grader found."""

from dataclasses import dataclass
from typing import Literal, get_args

from codekiln.sandbox.outcome import Outcome

Reason = Literal[
    "passed", "failed", "error", "ended", "time", "memory", "disk", "output", "forged", "invalid"
]
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True)
class Verdict:
    """Why a program passed or did not, and what a person would have seen.

    An assert "failed", an "error" was raised, the program "ended" before it had answered, or it ran into
    a limit; it "forged" the test, or that was "invalid" itself. `message` is the traceback, and may quote
    the test.
    """

    reason: Reason
    message: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """The whole test ran and held."""
        return self.reason == "passed"


def limit_passed(outcome: Outcome) -> Verdict | None:
    """The verdict on a program that was stopped; None on one that was not, or by us."""
    killed = "time" if outcome.timed_out else outcome.killed
    if not killed or killed == "caller":
        return None
    return Verdict(killed, f"Stopped at its limit of {killed}.", outcome.wall_seconds)


def reason_of(text: str) -> Reason:
    """A grader's word for it; one that we do not know is no pass."""
    return next((reason for reason in REASONS if reason == text), "invalid")
