"""Does a change pass a folder's tests? pytest or unittest, over a copy, with the change written into it.

Here the code under test runs beside the tests, so this is less than `functions` can promise. What holds:
the report counts only behind a nonce that the side of the tests never sees, so printing, an exit or a
crash is no pass; files that steer tests cannot be changed; tests that must fail run along, under names made
up for each run, and where one of them does not fail, whatever judges has been tampered with. Code that goes
through the interpreter's memory for the names of the tests, and forges their results alone, would pass.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from codekiln.sandbox.grading.verdict import Verdict, limit_passed
from codekiln.sandbox.inside.literals import NoLiteralError, decode
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Outcome
from codekiln.sandbox.program import script
from codekiln.sandbox.sandbox import Sandbox

Runner = Literal["pytest", "unittest"]
SUITE = Limits(seconds=60.0, memory=2 << 30, disk=256 << 20, open_files=512)
# What steers tests, or is imported before them.
STEERING = frozenset(
    [
        *("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml"),
        *("sitecustomize.py", "usercustomize.py", "pytest.py", "unittest.py"),
    ]
)
FOLDERS = frozenset(("test", "tests"))  # what lies in there is the tests', too
# Each of these fails unless something has been done to what judges.
CONTROL = """import unittest

class Test{name}(unittest.TestCase):
    def test_{name}_equal(self):
        self.assertEqual([1], [2])

    def test_{name}_true(self):
        self.assertTrue(0 > 1)

    def test_{name}_raised(self):
        raise AssertionError("{name}")
"""
CONTROL_OF_PYTEST = """
def test_{name}_assert():
    assert [1] == [2]

def test_{name}_close():
    assert abs(1.0 - 2.0) < 1e-6
"""


@dataclass(frozen=True)
class Suite:
    """The tests of a folder. `tests` are files or ids as the runner has them; none means all.

    A folder that holds a named file is the tests', and nothing in it can be changed: tests that lie beside
    the code are left unnamed.

    `expected` are the ids that must pass, best those that do with the right code; without, all that run.
    """

    folder: Path
    tests: tuple[str, ...] = ()
    runner: Runner = "pytest"
    expected: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Report:
    """How each test ended: "passed", "skipped", "failed" or "error"; and what was said of it.

    `stopped` if the run hit a limit, `forged` if a test that must fail did not, `finished` if neither an
    exit nor a crash cut it short.
    """

    results: Mapping[str, str] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    finished: bool = False
    forged: bool = False
    stopped: Verdict | None = None
    seconds: float = 0.0

    @property
    def passed(self) -> frozenset[str]:
        """The ids that passed."""
        return frozenset(name for name, how in self.results.items() if how == "passed")


def judge_suite(
    sandbox: Sandbox, suite: Suite, changes: Mapping[str, str], limits: Limits = SUITE
) -> Verdict:
    """Whether the folder's tests pass with `changes`, whole files by their path in it.

    Raises:
        SandboxError: the sandbox could not be set up, so there is no verdict.
    """
    for path in changes:
        if _steers(path, suite):
            return Verdict("forged", f"{path} steers the tests, so it cannot be changed.")
    report = run_suite(sandbox, suite, changes, limits)
    if report.stopped:
        return report.stopped
    if report.forged:
        return Verdict("forged", "A test that must fail did not.", report.seconds)
    if not report.finished:
        return Verdict("ended", "The tests ended before they had finished.", report.seconds)
    return _verdict(report, suite.expected)


def _verdict(report: Report, expected: frozenset[str]) -> Verdict:
    bad = {name for name, how in report.results.items() if how in ("failed", "error")}
    wrong = sorted(expected - report.passed if expected else bad)
    if wrong:
        return Verdict("failed", "\n".join(_told(report, name) for name in wrong), report.seconds)
    if not report.passed:
        return Verdict("invalid", "No test passed, and none failed.", report.seconds)
    return Verdict("passed", "", report.seconds)


def _told(report: Report, name: str) -> str:
    how = report.results.get(name, "did not run")
    return f"{name}: {how}\n{report.messages.get(name, '')}".rstrip()


def run_suite(
    sandbox: Sandbox, suite: Suite, changes: Mapping[str, str], limits: Limits = SUITE
) -> Report:
    """Run the tests, those that must fail among them, and say how each ended.

    Raises:
        SandboxError: the sandbox could not be set up.
    """
    nonce, name = secrets.token_hex(16), secrets.token_hex(6)
    first, last = f"test_{name}.py", f"zz{name}/test_zz{name}.py"  # as they sort
    files = {path: text.encode(errors="surrogatepass") for path, text in changes.items()}
    files |= dict.fromkeys((first, last), _control(name, suite.runner))
    files[f"zz{name}/__init__.py"] = b""
    # The top folder is named, or pytest would keep to the folders that the project's settings name.
    asked = suite.tests or ((".",) if suite.runner == "pytest" else ())
    tests = [first, *asked, last] if asked else []
    packages = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    program = replace(
        script("suite", suite.runner, ":".join(packages), *tests, files=files),
        folder=suite.folder,
        stdin=f"{nonce}\n".encode(),
        reads=tuple(map(Path, packages)),
    )
    return _report(sandbox.run(program, limits), nonce, name)


def _control(name: str, runner: Runner) -> bytes:
    source = CONTROL + (CONTROL_OF_PYTEST if runner == "pytest" else "")
    return source.format(name=name).encode()


def _report(outcome: Outcome, nonce: str, control: str) -> Report:
    stopped, seconds = limit_passed(outcome), outcome.wall_seconds
    _, found, said = outcome.stdout.decode(errors="replace").rpartition(f"\n{nonce} ")
    if stopped or not found or outcome.status != 0:
        return Report(stopped=stopped, seconds=seconds)
    try:
        report: Any = decode(bytes.fromhex(said.strip()))
    except (NoLiteralError, ValueError):
        return Report(seconds=seconds)
    finished, results = report
    controls = {name: how for name, (how, _) in results.items() if control in name}
    to_the_end = any(f"zz{control}" in name for name in controls)
    others = {name: ended for name, ended in results.items() if control not in name}
    return Report(
        {name: how for name, (how, _) in others.items()},
        {name: text for name, (_, text) in others.items() if text},
        finished=finished,
        forged=finished and not (to_the_end and set(controls.values()) == {"failed"}),
        seconds=seconds,
    )


def _steers(path: str, suite: Suite) -> bool:
    """Tests, what lies beside them, what configures them, and what lies outside of the folder."""
    pure = PurePosixPath(path)
    among_tests = not _places(suite).isdisjoint((pure, *pure.parents))
    looks = pure.name.startswith("test") or pure.name.endswith(("_test.py", ".pth"))
    looks = looks or not FOLDERS.isdisjoint(pure.parts)
    outside = pure.is_absolute() or ".." in pure.parts
    return outside or among_tests or looks or pure.name in STEERING


def _places(suite: Suite) -> set[PurePosixPath]:
    """What was named, and the folders of the named files: all but the top one, which holds everything."""
    places = set()
    for test in suite.tests:
        path = PurePosixPath(test.partition("::")[0])
        dotted = PurePosixPath(test.replace(".", "/"))  # of a module, a class or a function
        modules = [PurePosixPath(f"{part}.py") for part in (dotted, *dotted.parents)]
        files = [file for file in (path, *modules) if (suite.folder / file).is_file()]
        places |= {path, dotted, *files, *(file.parent for file in files)}
    return places - {PurePosixPath()}
