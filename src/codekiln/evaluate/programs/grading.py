"""Answers judged by their tests in the sandbox, several at a time."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from codekiln.evaluate.programs.problem import P
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict


def grade(sandbox: Sandbox, pairs: Iterable[tuple[P, str]]) -> Iterator[Verdict]:
    """The verdict on each answer to a problem, in order; as many at a time as there are processors.

    Raises:
        SandboxError: an answer could not be run, so that there is no verdict.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # its threads wait for processes
        yield from pool.map(lambda pair: pair[0].judged(sandbox, pair[1]), pairs)
