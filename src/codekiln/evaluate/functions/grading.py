"""Answers judged by their tests in the sandbox, several at a time."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from codekiln.evaluate.functions.problems import Problem
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict, judge

Grade = Callable[[Iterable[tuple[Problem, str]]], Iterator[Verdict]]
"""The verdict on each answer to a problem, in order."""


def grader(sandbox: Sandbox) -> Grade:
    """Grades in a sandbox, on every processor; errors are those of `judge`."""

    def verdict(pair: tuple[Problem, str]) -> Verdict:
        problem, answer = pair
        return judge(sandbox, problem.program(answer), problem.check)

    def grade(pairs: Iterable[tuple[Problem, str]]) -> Iterator[Verdict]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # whose threads wait for processes
            yield from pool.map(verdict, pairs)

    return grade
