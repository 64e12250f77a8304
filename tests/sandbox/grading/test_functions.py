"""Right functions pass, wrong ones do not, and no forgery does that fools a grader in one process."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from codekiln.sandbox import Limits
from codekiln.sandbox.grading import FunctionTest, judge

FORGERIES = tomllib.loads((Path(__file__).parent / "forgeries.toml").read_text(encoding="utf-8"))
CHECK = """
def check(candidate):
    assert candidate(2) == 4
    assert candidate(-3) == -6
    assert abs(candidate(0.5) - 1.0) < 1e-9
    assert candidate(10**20) == 2 * 10**20
    assert not isinstance(candidate(1), str)
"""
DOUBLE = FunctionTest("double", CHECK)
QUICK = Limits(seconds=2.0, memory=256 << 20)


def naive(source: str, folder: Path) -> subprocess.CompletedProcess:
    """Candidate and test in one process, as many graders do it."""
    program = folder / "program.py"
    program.write_text(f"{source}{CHECK}\ncheck(double)\nprint('passed')\n")
    return subprocess.run(
        [sys.executable, "-I", program.name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_fools_a_grader_in_one_process(name, tmp_path):
    """The positive control."""
    done = naive(FORGERIES[name]["code"], tmp_path)
    fooled = "passed" in done.stdout if "fools" in FORGERIES[name] else done.returncode == 0
    assert fooled, done


@pytest.mark.parametrize("name", FORGERIES)
def test_and_never_ours(name, sandbox):
    verdict = judge(sandbox, FORGERIES[name]["code"], DOUBLE, QUICK)
    assert not verdict.passed
    assert verdict.reason in ("failed", "error", "ended", "time")


@pytest.mark.parametrize(
    "source",
    [
        "def double(x): return x * 2",
        "double = lambda x: x + x",
        "import functools\n@functools.cache\ndef double(x):\n    print('working')\n    return 2 * x",
        "class Doubler:\n    def __call__(self, x): return x * 2\ndouble = Doubler()",
        "from fractions import Fraction\ndef double(x): return type(x)(Fraction(x) * 2)",
        "import sys\nsys.setrecursionlimit(5000)\ndef double(x): return x * 2 if x > -9 else double(x)",
    ],
)
def test_what_is_right_passes(sandbox, source, tmp_path):
    assert naive(source, tmp_path).returncode == 0
    verdict = judge(sandbox, source, DOUBLE)
    assert verdict.passed, verdict


@pytest.mark.parametrize(
    ("source", "reason", "told"),
    [
        ("def double(x): return x", "failed", "assert candidate(2) == 4"),
        ("def double(x): return x / 0", "error", "ZeroDivisionError"),
        ("def double(x: return x", "error", "SyntaxError"),
        ("import nothing_of_the_kind", "error", "ModuleNotFoundError"),
        ("def triple(x): return 3 * x", "error", "double"),
        ("def double(x): return str(2 * x)", "failed", "AssertionError"),
        ("def double(x): return (n for n in [x])", "failed", "AssertionError"),
        ("def double(x):\n    while True: pass", "time", "time"),
        ("def double(x): return [x] * 10**9", "error", "MemoryError"),
        ("def double(x): return double(x)", "error", "RecursionError"),
        ("def double(x): raise KeyboardInterrupt", "ended", ""),
        (r"def double(x): return '\ud800' * 2", "failed", ""),
        ("def double(x): return b'x' * (1 << 25)", "ended", ""),
    ],
)
def test_what_is_wrong_is_told_as_what_it_is(sandbox, source, reason, told):
    verdict = judge(sandbox, source, DOUBLE, QUICK)
    assert verdict.reason == reason, verdict
    assert told in verdict.message


def test_the_traceback_is_the_candidates_own(sandbox):
    source = "def helper(x):\n    return x['key']\n\ndef double(x):\n    return helper(x)\n"
    message = judge(sandbox, source, DOUBLE).message
    assert message.startswith('Traceback (most recent call last):\n  File "candidate.py", line 5')
    assert message.rstrip().endswith("TypeError: 'int' object is not subscriptable")
    assert "inside" not in message


POLY = """
import math

def poly(xs, x):
    return sum(c * math.pow(x, i) for i, c in enumerate(xs))
"""
ROOT = """
def check(candidate):
    xs = [-6, 11, -6, 1]
    assert math.fabs(poly(xs, candidate(xs[:]))) < 1e-6
"""


def test_a_test_may_lean_on_the_prompts_own_functions(sandbox):
    test = FunctionTest("root", ROOT, POLY)
    assert judge(sandbox, "def root(xs): return 1", test).passed
    forged = "def poly(xs, x): return 0\ndef root(xs): return 5"
    assert judge(sandbox, forged, test).reason == "failed"


def test_an_exception_that_the_test_expects_arrives(sandbox):
    check = """
def check(candidate):
    for bad, kind in ((-1, ValueError), ("", TypeError)):
        try:
            candidate(bad)
        except kind:
            pass
        else:
            assert False
"""
    right = "def root(x):\n    if isinstance(x, str): raise TypeError(x)\n    raise ValueError('negative')"
    assert judge(sandbox, right, FunctionTest("root", check)).passed
    assert judge(sandbox, "def root(x): return 1", FunctionTest("root", check)).reason == "failed"


def test_a_test_that_catches_everything_does_not_catch_an_exit(sandbox):
    check = """
def check(candidate):
    try:
        candidate(1)
    except BaseException:
        pass
"""
    test = FunctionTest("double", check)
    assert judge(sandbox, "def double(x): raise ValueError", test).passed
    assert judge(sandbox, "import os\ndef double(x): os._exit(0)", test).reason == "ended"


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("def check(candidate: pass", "cannot be run"),
        ("def verify(candidate): pass", "cannot be run"),
        ("def check(candidate): assert True", "never called"),
        ("raise SystemExit(0)", "cannot be run"),
    ],
)
def test_a_test_that_tests_nothing_passes_nobody(sandbox, check, told):
    verdict = judge(sandbox, "def double(x): return 2 * x", FunctionTest("double", check))
    assert verdict.reason == "invalid"
    assert told in verdict.message


def test_arguments_change_in_place_only_where_that_is_asked_for(sandbox):
    check = (
        "def check(candidate):\n    xs = [3, 1, 2]\n    candidate(xs)\n    assert xs == [1, 2, 3]\n"
    )
    source = "def order(xs): xs.sort()"
    assert judge(sandbox, source, FunctionTest("order", check, mutates=True)).passed
    assert judge(sandbox, source, FunctionTest("order", check)).reason == "failed"
    assert not judge(
        sandbox, "def order(xs): pass", FunctionTest("order", check, mutates=True)
    ).passed


def test_expectations_are_out_of_reach_where_arguments_do_not_change(sandbox):
    """A test that compares with what it gave away; emptying it would make both sides equal."""
    check = "def check(candidate):\n    xs = [1, 2]\n    assert candidate(xs) == xs\n"
    forged = "def same(xs):\n    xs.clear()\n    return []"
    assert judge(sandbox, forged, FunctionTest("same", check)).reason == "failed"
    assert judge(sandbox, "def same(xs): return xs", FunctionTest("same", check)).passed


def test_the_candidate_sees_no_file_of_the_test(sandbox):
    source = """
import os
def double(x):
    found = []
    for top in ("/tmp", "/codekiln", "/work", "/var/tmp", os.getcwd()):
        for folder, _, names in os.walk(top):
            found += [n for n in names if n in ("test.py", "setup.py", "nonce")]
    return found
"""
    check = "def check(candidate):\n    assert candidate(1) == []\n"
    assert judge(sandbox, source, FunctionTest("double", check)).passed
    shown = "def double(x):\n    import os\n    return os.listdir()\n"
    check = "def check(candidate):\n    assert candidate(1) == ['candidate.py']\n"
    assert judge(sandbox, shown, FunctionTest("double", check)).passed


def test_asserts_hold_whatever_the_host_was_started_with(sandbox, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    assert judge(sandbox, "def double(x): return x", DOUBLE).reason == "failed"
