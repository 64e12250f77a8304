"""What tells whether a program is right: a command that fails where it is not, run by whoever can.

Nothing is run here: `Run` is handed in, and what it runs nobody trusts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from codekiln.tasks.fix.message import cleaned


class Outcome(Protocol):
    """How a command ended: `status` is its exit status, None where it was killed."""

    @property
    def status(self) -> int | None: ...  # noqa: D102

    @property
    def stdout(self) -> bytes: ...  # noqa: D102

    @property
    def stderr(self) -> bytes: ...  # noqa: D102


Run = Callable[[Mapping[str, bytes], Sequence[str]], Outcome]
"""Runs a command in a fresh folder that holds these files, by their paths in it."""


class Verdict(NamedTuple):
    """What came of a trial. `message` is cleaned, and empty where the program is right or was killed."""

    passed: bool
    message: str


@dataclass(frozen=True)
class Trial:
    """A command, and what it needs beside the program, which it finds in `file`."""

    file: str
    command: tuple[str, ...]
    files: Mapping[str, str]

    def of(self, code: str, run: Run) -> Verdict:
        """Try a program."""
        files = {name: text.encode() for name, text in self.files.items()}
        outcome = run({**files, self.file: code.encode()}, self.command)
        if outcome.status == 0:
            return Verdict(True, "")
        if outcome.status is None or outcome.status < 0:
            return Verdict(False, "")
        said = outcome.stderr.strip() or outcome.stdout
        return Verdict(False, cleaned(said.decode(errors="replace")))
