"""Runs a test suite in a child, and says how each test ended, behind a nonce that the child never had.

The child is the tests' and the code's: it forks off before the nonce is read, cannot open this process, and
its only way to end well is to have reported every test and then that it has finished.
"""

from __future__ import annotations

import os
import sys

from .channels import silence
from .confine import set_dumpable
from .literals import NoLiteralError, encode, receive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

WORST = ("passed", "skipped", "failed", "error")  # of several phases of a test
LONGEST = 1 << 14  # characters of all messages
Results = dict[str, tuple[str, str]]  # how each test ended, and what was said


def main() -> None:
    """Arguments: the runner, folders of packages joined by ":", then what is to be run."""
    runner, packages, *tests = sys.argv[1:]
    del sys.argv[1:]  # among them are names of tests that must fail
    set_dumpable(False)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        silence(0, 1, 2)
        set_dumpable(True)
        sys.path += filter(None, packages.split(":"))
        with os.fdopen(writing, "wb") as sink:
            _run(runner, tests, sink)
        os._exit(0)
    os.close(writing)
    nonce = sys.stdin.readline().strip()
    with os.fdopen(reading, "rb") as source:
        finished, results = _collected(source)
    report = encode((finished, results)).hex()
    os.write(1, f"\n{nonce} {report}\n".encode())


def _run(runner: str, tests: list[str], sink: BinaryIO) -> None:
    if runner == "pytest":
        from .runners import run_pytest

        run_pytest(tests, sink)
    else:
        from .runners import run_unittest

        run_unittest(tests, sink)


def _collected(source: BinaryIO) -> tuple[bool, Results]:
    results: Results = {}
    room = LONGEST
    while True:
        try:
            message = receive(source)
        except NoLiteralError:
            return False, results
        match message:
            case ("finished",):
                return True, results
            case ("ended", str(name), str(outcome), str(text)) if outcome in WORST:
                before, said = results.get(name, ("passed", ""))
                worst = max(before, outcome, key=WORST.index)
                results[name] = worst, said + text[:room]
                room -= len(text[:room])
            case _:
                return False, results
