"""Programs that are to be mended: thirty of our own, and held-out examples with bugs put in.

Each passes its test as its author wrote it, and fails with the bug. A verdict rests on a test that runs in
another process than the program, or on a compiler, never on what a program says of itself.
"""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from codekiln.evaluate.programs.problem import ProblemSet
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import FunctionTest, Verdict, judge

PROGRAMS = "broken.toml"
Judge = Callable[[Sandbox, str], Verdict]


@dataclass(frozen=True)
class Broken:
    """Code with a bug, the message of its failing test, and the code as it was.

    `path` and `language` are what a model is told of the file. `judged_by` is the part of the table for
    what is judged alike: a compiler takes anything that can be read again, a test does not.
    """

    name: str
    group: str
    kind: str
    path: str
    language: str
    code: str
    right: str
    message: str
    judge: Judge
    judged_by: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """How it is judged, where that differs, and how the bug was made."""
        return (self.judged_by, self.kind) if self.judged_by else (self.kind,)

    def judged(self, sandbox: Sandbox, answer: str) -> Verdict:
        """Run the whole program that an answer is."""
        return self.judge(sandbox, answer)

    def is_exact(self, answer: str) -> bool | None:
        """Whether it is as it was."""
        return answer.rstrip() == self.right.rstrip()


def own_programs(sandbox: Sandbox) -> ProblemSet[Broken]:
    """Our own, with the message that each one's test gives in this sandbox."""
    content = resources.files(__package__).joinpath(PROGRAMS).read_bytes()
    found = tuple(_own(row, sandbox) for row in tomllib.loads(content.decode())["program"])
    return ProblemSet("broken programs", found, hashlib.sha256(content).hexdigest())


def _own(row: dict[str, str], sandbox: Sandbox) -> Broken:
    name, right = row["name"], row["code"].lstrip("\n")
    code = right.replace(row["was"], row["became"], 1)
    check = of_function(FunctionTest(name, row["test"]))
    message = check(sandbox, code).message
    return Broken(name, name, row["kind"], f"{name}.py", "python", code, right, message, check)


def of_function(test: FunctionTest) -> Judge:
    """By a test of one function."""
    return lambda sandbox, code: judge(sandbox, code, test)
