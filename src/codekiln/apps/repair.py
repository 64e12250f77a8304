"""The repair loop: try a patch, run it, read what it says, try again (as Xia and Zhang 2024 do in a chat).

A patch that only changes how the program fails got somewhere, so the next one is asked for its code and
its message. One that fails as before, or cannot be applied, is forgotten, and another is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from codekiln.evaluate.programs.broken import Broken
from codekiln.evaluate.programs.mending import PatchWriter
from codekiln.sandbox import Sandbox
from codekiln.tasks.fix.message import cleaned


class Verdict(Protocol):
    """What came of running code."""

    @property
    def passed(self) -> bool: ...  # noqa: D102

    @property
    def message(self) -> str: ...  # noqa: D102


Propose = Callable[[str, str, int], str | None]
"""Code and its message, and the number of the try: new code, or None where no patch came of it."""
Run = Callable[[str], Verdict]


@dataclass(frozen=True)
class Repair:
    """The code that passes, or the one to begin with; how many tries it took, and the messages read."""

    code: str
    mended: bool
    tries: int
    messages: Sequence[str]


def repair(code: str, message: str, propose: Propose, run: Run, tries: int) -> Repair:
    """At most `tries` patches; no code is run twice.

    Raises:
        SandboxError: a patch could not be run.
    """
    current, read = code, [cleaned(message)]
    seen = {code}
    for number in range(tries):
        proposed = propose(current, read[-1], number)
        if proposed is None or proposed in seen:
            continue
        seen.add(proposed)
        verdict = run(proposed)
        if verdict.passed:
            return Repair(proposed, True, number + 1, read)
        said = cleaned(verdict.message)
        if said not in read:
            current = proposed
            read.append(said)
    return Repair(code, False, tries, read)


@dataclass(frozen=True)
class RepairLoop:
    """The loop as one who answers in an evaluation."""

    patches: PatchWriter
    sandbox: Sandbox
    tries: int

    @property
    def name(self) -> str:
        """With how many tries, and how much they differ."""
        temperature = self.patches.writer.settings.temperature
        return f"{self.patches.name}, repair loop of {self.tries} at {temperature:g}"

    def __call__(self, problem: Broken) -> list[str]:
        """The one that passes, else the code as it is."""
        first = self.patches.writer.settings.seed

        def propose(code: str, message: str, number: int) -> str | None:
            return self.patches.seeded(first + number).mended(problem, code, message)[0]

        def run(code: str) -> Verdict:
            return problem.judged(self.sandbox, code)

        return [repair(problem.code, problem.message, propose, run, self.tries).code]
