"""What is asked and run: the one shape of all problems that a program answers, and who answers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict

T = TypeVar("T")


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


def spread(items: Sequence[T], count: int | None) -> list[T]:
    """`count` of them, evenly spread and the first one in; all where there are no more.

    >>> spread("abcdefgh", 4)
    ['a', 'c', 'e', 'g']
    """
    if count is None or count >= len(items):
        return list(items)
    return [items[n * len(items) // count] for n in range(count)]


def part_of(chosen: int, of: int) -> str:
    """How the table calls what was tried.

    >>> part_of(164, 164), part_of(20, 164)
    ('all 164', '20 of 164, evenly spread')
    """
    return f"all {of:,}" if chosen == of else f"{chosen:,} of {of:,}, evenly spread"
