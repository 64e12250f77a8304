"""What tells whether a program is right: a command that fails where it is not, run by whoever can.

Nothing is run here: `Run` is handed in, and what it runs nobody trusts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

from codekiln.tasks.fix.message import cleaned

# With all of them a program that is right passes. Two words of a set have two orders, so they are several.
SEEDS = (0, 1, 2, 3)


class Outcome(Protocol):
    """How a command ended: `status` is its exit status, None where it was killed."""

    @property
    def status(self) -> int | None: ...  # noqa: D102

    @property
    def stdout(self) -> bytes: ...  # noqa: D102

    @property
    def stderr(self) -> bytes: ...  # noqa: D102


class Run(Protocol):
    """Runs a command in a fresh folder that holds these files, by their paths in it.

    `seed` is that of Python's hashes, and so of the order of its sets: whether a program is right must not
    hang on chance.
    """

    def __call__(  # noqa: D102
        self, files: Mapping[str, bytes], command: Sequence[str], seed: int = 0
    ) -> Outcome: ...


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

    @classmethod
    def parse(cls, plain: Mapping[str, Any]) -> Self:
        """What `plain` wrote, as an example holds it."""
        return cls(plain["file"], tuple(plain["command"]), dict(plain["files"]))

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"file": self.file, "command": list(self.command), "files": dict(self.files)}

    def of(self, code: str, run: Run, seed: int = 0) -> Verdict:
        """Try a program."""
        files = {name: text.encode() for name, text in self.files.items()}
        outcome = run({**files, self.file: code.encode()}, self.command, seed)
        if outcome.status == 0:
            return Verdict(True, "")
        if outcome.status is None or outcome.status < 0:
            return Verdict(False, "")
        said = outcome.stderr.strip() or outcome.stdout
        return Verdict(False, cleaned(said.decode(errors="replace")))
