"""What is asked and run: the one shape of all problems that a program answers, and who answers them."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict


class Problem(Protocol):
    """Answers are text. The bootstrap draws a problem with its `group`; `kinds` are parts of the table."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def group(self) -> str: ...  # noqa: D102

    @property
    def kinds(self) -> tuple[str, ...]: ...  # noqa: D102

    def judged(self, sandbox: Sandbox, answer: str) -> Verdict:
        """Run what the answer makes. Raises SandboxError: it was not run."""

    def is_exact(self, answer: str) -> bool | None:
        """Whether it is the author's; None where that is no figure."""


P = TypeVar("P", bound=Problem)
Asked = TypeVar("Asked", bound=Problem, contravariant=True)


class Solver(Protocol[Asked]):
    """Anything that answers; `name` is what the table calls it."""

    @property
    def name(self) -> str: ...  # noqa: D102

    def __call__(self, problem: Asked, /) -> list[str]:
        """Its answers to one problem, which may be equal."""


@dataclass(frozen=True)
class ProblemSet(Generic[P]):
    """Problems in an order, `name` for a person, and a SHA-256 of what they were read from."""

    name: str
    problems: tuple[P, ...]
    sha256: str
