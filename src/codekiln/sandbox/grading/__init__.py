"""Verdicts on code nobody trusts, passed by a process that the code cannot reach."""

from codekiln.sandbox.grading.functions import FunctionTest, judge
from codekiln.sandbox.grading.suites import Report, Suite, judge_suite, run_suite
from codekiln.sandbox.grading.verdict import Verdict

__all__ = ["FunctionTest", "Report", "Suite", "Verdict", "judge", "judge_suite", "run_suite"]
