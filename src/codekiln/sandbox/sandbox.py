"""The sandbox: the soundest back end that works here, and programs run in it. It fails closed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from codekiln.errors import SandboxError
from codekiln.sandbox.backends import Backend, Bubblewrap, Landlock, Seatbelt, Unconfined
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Outcome
from codekiln.sandbox.program import Program
from codekiln.sandbox.run import Run, attend
from codekiln.sandbox.trial import failures

BACKENDS: Sequence[Backend] = (Bubblewrap(), Landlock(), Seatbelt())
REMEDY, UNSAFE = "apt-get install bubblewrap", "say --unsafe-no-sandbox to run it unconfined"


@dataclass(frozen=True)
class Sandbox:
    """Runs programs nobody trusts, each in a place of its own that goes with it."""

    backend: Backend

    @classmethod
    def find(cls) -> "Sandbox":
        """The first back end that works here and passes a trial, which is held once a process.

        Raises:
            SandboxError: there is none; nothing is run without one.
        """
        return cls(_soundest())

    @classmethod
    def unsafe(cls) -> "Sandbox":
        """No confinement, for who asks for it by name."""
        return cls(Unconfined())

    def run(self, program: Program, limits: Limits | None = None) -> Outcome:
        """Run to its end, or to the end of its limits.

        Raises:
            SandboxError: the sandbox could not be set up, so nothing was run.
        """
        return attend([Run(self.backend, program, limits or Limits())])[0]


def tried(backends: Sequence[Backend] | None = None) -> Iterator[tuple[Backend, str]]:
    """Each back end, the soundest first, with why it cannot be used; empty if it can."""
    for backend in BACKENDS if backends is None else backends:
        yield backend, backend.missing() or failures(backend)


@cache
def _soundest() -> Backend:
    against = []
    for backend, reason in tried():
        if not reason:
            return backend
        against.append(reason)
    raise SandboxError(f"No sandbox works here ({'; '.join(against)}): {REMEDY}, or {UNSAFE}.")
