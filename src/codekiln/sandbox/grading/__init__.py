"""Verdicts on code nobody trusts, passed by a process that the code cannot reach."""

from codekiln.sandbox.grading.functions import FunctionTest, judge
from codekiln.sandbox.grading.verdict import Verdict

__all__ = ["FunctionTest", "Verdict", "judge"]
