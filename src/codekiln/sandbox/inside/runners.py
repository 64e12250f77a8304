"""pytest and unittest, told to report each test over a pipe. This runs beside the tests, in their reach.

The folder under test comes to the path of imports last, or it could bring a pytest of its own.
"""

import os
import sys
import unittest
from typing import Any, BinaryIO

from .literals import send


def run_pytest(tests: list[str], sink: BinaryIO) -> None:
    """`tests` are files, folders or ids; none means all."""
    import pytest

    class Reporter:
        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(self, report: Any) -> None:
            of_the_test = report.outcome != "failed" or report.when == "call"
            say(report, report.outcome if of_the_test else "error")

        @pytest.hookimpl(tryfirst=True)
        def pytest_collectreport(self, report: Any) -> None:
            if report.failed:
                say(report, "error")

    def say(report: Any, outcome: str) -> None:
        text = f"{report.longreprtext}\n" if report.failed else ""
        send(sink, ("ended", report.nodeid, outcome, text))

    sys.path.insert(0, os.getcwd())
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "--rootdir=."]
    options += ["--maxfail=0", "--continue-on-collection-errors"]  # whatever the folder has set
    options.append("--keep-duplicates")  # or a file named beside its folder counts as not named
    pytest.main([*options, *tests], plugins=[Reporter()])
    send(sink, ("finished",))


def run_unittest(tests: list[str], sink: BinaryIO) -> None:
    """`tests` are dotted names, or files; none means what is discovered."""

    class Reporter(unittest.TestResult):
        def addSuccess(self, test: Any) -> None:
            say(test, "passed")

        def addFailure(self, test: Any, error: Any) -> None:
            say(test, "failed", error)

        def addError(self, test: Any, error: Any) -> None:
            say(test, "error", error)

        def addSkip(self, test: Any, _reason: str) -> None:
            say(test, "skipped")

        def addExpectedFailure(self, test: Any, _error: Any) -> None:
            say(test, "skipped")

        def addUnexpectedSuccess(self, test: Any) -> None:
            say(test, "failed")

        def addSubTest(self, test: Any, _subtest: Any, error: Any) -> None:
            if error is not None:
                say(test, "failed", error)

    def say(test: Any, outcome: str, error: Any = None) -> None:
        import traceback

        text = "".join(traceback.format_exception(*error, limit=-20)) if error else ""
        send(sink, ("ended", test.id(), outcome, text))

    sys.path.insert(0, os.getcwd())
    loader = unittest.defaultTestLoader
    names = [name.removesuffix(".py").replace("/", ".") for name in tests]
    suite = loader.loadTestsFromNames(names) if names else loader.discover(".")
    suite.run(Reporter())
    send(sink, ("finished",))
