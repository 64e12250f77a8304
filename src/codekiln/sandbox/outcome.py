"""What became of a run."""

from dataclasses import dataclass
from typing import Literal

Killed = Literal["", "time", "memory", "disk", "output", "caller"]


@dataclass(frozen=True)
class Outcome:
    """How a program ended, what it wrote and what it used.

    `status` is its exit status, negative for a signal, and None where we killed it or its end was not
    seen. `killed` says for which limit; a program that died of its own limits (a MemoryError, SIGXCPU)
    was not killed. `memory` is the peak of the largest process, or of all together where that was seen.
    """

    status: int | None
    stdout: bytes
    stderr: bytes
    killed: Killed = ""
    build_failed: bool = False  # the build command's status and output are those above
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory: int = 0  # bytes

    @property
    def succeeded(self) -> bool:
        """Ended by itself with status 0. A program says so of itself: no verdict rests on it."""
        return self.status == 0 and not self.killed and not self.build_failed

    @property
    def timed_out(self) -> bool:
        """Ran into the clock, or into the limit of processor time (SIGXCPU)."""
        return self.killed == "time" or self.status == -24
