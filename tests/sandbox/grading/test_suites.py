"""pytest and unittest over a copy: right changes pass, wrong ones and forgeries do not."""

import pytest

from codekiln.sandbox import Limits
from codekiln.sandbox.grading import Suite, judge_suite, run_suite

RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x\n"
PYTEST = """
import pytest
from package.numbers import double

@pytest.mark.parametrize("x", [1, 2])
def test_double(x):
    assert double(x) == x + x

@pytest.mark.skip
def test_later():
    assert False
"""
UNITTEST = """
import unittest
from package.numbers import double

class TestDouble(unittest.TestCase):
    def test_double(self):
        for x in (1, 2):
            with self.subTest(x=x):
                self.assertEqual(double(x), x + x)
"""
PATH = "package/numbers.py"
QUICK = Limits(seconds=30.0, memory=1 << 30, open_files=256)
EXPECTED = {
    "pytest": {"tests/test_numbers.py::test_double[1]", "tests/test_numbers.py::test_double[2]"},
    "unittest": {"tests.test_numbers.TestDouble.test_double"},
}


@pytest.fixture(params=["pytest", "unittest"])
def suite(request, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "tests").mkdir()
    for folder in ("package", "tests"):
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "package" / "numbers.py").write_text(WRONG)
    tests = PYTEST if request.param == "pytest" else UNITTEST
    (tmp_path / "tests" / "test_numbers.py").write_text(tests)
    return Suite(tmp_path, ("tests/test_numbers.py",), runner=request.param)


@pytest.mark.parametrize("named", [True, False])
def test_a_change_that_is_right_passes_and_a_wrong_one_does_not(sandbox, suite, named):
    suite = suite if named else Suite(suite.folder, runner=suite.runner)
    verdict = judge_suite(sandbox, suite, {PATH: RIGHT}, QUICK)
    assert verdict.passed, verdict
    verdict = judge_suite(sandbox, suite, {}, QUICK)
    assert verdict.reason == "failed"
    assert "test_double" in verdict.message
    assert "AssertionError" in verdict.message or "assert" in verdict.message
    assert (suite.folder / PATH).read_text() == WRONG


def test_the_report_has_each_test_and_no_control(sandbox, suite):
    report = run_suite(sandbox, suite, {PATH: RIGHT}, QUICK)
    assert report.passed == EXPECTED[suite.runner]
    assert set(report.results.values()) <= {"passed", "skipped"}
    expected = Suite(suite.folder, suite.tests, suite.runner, report.passed)
    assert judge_suite(sandbox, expected, {PATH: RIGHT}, QUICK).passed
    missed = Suite(suite.folder, suite.tests, suite.runner, report.passed | {"another"})
    assert "another: did not run" in judge_suite(sandbox, missed, {PATH: RIGHT}, QUICK).message


# What has been seen of models that were rewarded for tests that pass.
TRICKS = {
    "exit": "import sys; sys.exit(0)",
    "hard exit": "import os; os._exit(0)",
    "hard exit in use": "import os\ndef double(x): os._exit(0)",
    "exit in use": "def double(x): raise SystemExit(0)",
    "exit of pytest": "import pytest\ndef double(x): pytest.exit('fine', 0)",
    "equals everything": "class E:\n    def __eq__(self, o): return False\ndef double(x): return E()",
    "line of success": "print('\\n3 passed in 0.01s\\n')\ndef double(x): return x",
    "hang": "import time\ntime.sleep(100)",
    "every report": "import _pytest.reports as r\n"
    "r.TestReport.from_item_and_call = classmethod(lambda c, i, k, o=r.TestReport.from_item_and_call:"
    " (lambda t: (setattr(t, 'outcome', 'passed'), t)[1])(o(i, k)))\ndef double(x): return x",
    "no assertion": "import unittest\nfor n in dir(unittest.TestCase):\n"
    "    if n.startswith('assert'): setattr(unittest.TestCase, n, lambda *a, **k: None)\n"
    "import _pytest.python as p\np.Function.runtest = lambda self: None\ndef double(x): return x",
    "no runner": "import unittest\nunittest.TestCase.run = lambda self, r=None: r.addSuccess(self)\n"
    "import _pytest.runner as p\np.runtestprotocol = lambda item, **k: []\ndef double(x): return x",
    "skipped": "import unittest\nraise unittest.SkipTest('fine')",
}


@pytest.mark.slow
@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_passes(sandbox, suite, trick):
    limits = Limits(seconds=5.0, memory=1 << 30, open_files=256) if trick == "hang" else QUICK
    verdict = judge_suite(sandbox, suite, {PATH: TRICKS[trick]}, limits)
    assert not verdict.passed, verdict
    known = Suite(suite.folder, suite.tests, suite.runner, frozenset(EXPECTED[suite.runner]))
    assert not judge_suite(sandbox, known, {PATH: TRICKS[trick]}, limits).passed


@pytest.mark.parametrize(
    "path",
    [
        *("conftest.py", "tests/test_numbers.py", "testing.py", "tests.py", "pyproject.toml"),
        *("x.pth", "../a.py", "/a.py"),
        *("tests/__init__.py", "tests/helpers.py", "tests/deep/data.json", "package/test/base.py"),
    ],
)
def test_what_steers_the_tests_cannot_be_changed(sandbox, suite, path):
    assert judge_suite(sandbox, suite, {path: "", PATH: RIGHT}, QUICK).reason == "forged"


@pytest.mark.parametrize(
    "named",
    ["checks/double.py", "checks/double.py::test_double", "checks.double.TestDouble", "checks"],
)
def test_nothing_beside_named_tests_can_be_changed(sandbox, tmp_path, named):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "double.py").write_text(UNITTEST)
    suite = Suite(tmp_path, (named,))
    for path in ("checks/double.py", "checks/__init__.py", "checks/deep/helpers.py"):
        assert judge_suite(sandbox, suite, {path: ""}, QUICK).reason == "forged"


def test_code_beside_tests_at_the_top_can_be_changed(sandbox, suite):
    test = suite.folder / "tests" / "test_numbers.py"
    test.rename(suite.folder / test.name)
    top = Suite(suite.folder, (test.name,), suite.runner)
    assert judge_suite(sandbox, top, {PATH: RIGHT}, QUICK).passed


def test_names_of_tests_that_must_fail_are_not_among_the_arguments(sandbox, suite):
    change = f"import sys\nassert not sys.argv[1:]\n{RIGHT}"
    assert judge_suite(sandbox, suite, {PATH: change}, QUICK).passed


def test_a_pytest_of_the_folders_own_is_not_taken(sandbox, suite):
    mine = {"pytest/__init__.py": "raise SystemExit(0)", "unittest/__init__.py": "", PATH: WRONG}
    assert not judge_suite(sandbox, suite, mine, QUICK).passed


def test_without_any_test_nothing_passes(sandbox, tmp_path):
    (tmp_path / "code.py").write_text("x = 1\n")
    for runner in ("pytest", "unittest"):
        verdict = judge_suite(sandbox, Suite(tmp_path, runner=runner), {}, QUICK)
        assert verdict.reason == "invalid"


def test_an_end_in_the_middle_is_no_pass(sandbox, suite):
    """The first test passes, the second ends pytest with status 0."""
    if suite.runner == "unittest":
        pytest.skip("unittest takes an exit for an error")
    change = (
        "import pytest\ndef double(x):\n    if x == 2: pytest.exit('fine', 0)\n    return 2 * x\n"
    )
    for asked in (suite, Suite(suite.folder)):
        assert judge_suite(sandbox, asked, {PATH: change}, QUICK).reason == "forged"


@pytest.mark.parametrize("setting", ["testpaths = tests", "python_files = test_num*.py"])
def test_a_project_that_says_where_its_tests_lie_is_judged_too(sandbox, suite, setting):
    if suite.runner == "unittest":
        pytest.skip("a setting of pytest's")
    (suite.folder / "pytest.ini").write_text(f"[pytest]\n{setting}\n")
    whole = Suite(suite.folder)
    assert judge_suite(sandbox, whole, {PATH: RIGHT}, QUICK).passed
    assert judge_suite(sandbox, whole, {PATH: WRONG}, QUICK).reason == "failed"


def test_a_project_that_stops_at_the_first_failure_is_judged_too(sandbox, suite):
    if suite.runner == "unittest":
        pytest.skip("a setting of pytest's")
    (suite.folder / "pytest.ini").write_text("[pytest]\naddopts = -x\n")
    assert judge_suite(sandbox, suite, {PATH: RIGHT}, QUICK).passed
