"""Bugs that are put in: verified by running both sides again here, each by its own trial."""

import shutil
from collections import Counter

import pytest

from codekiln.errors import UsageError
from codekiln.languages import languages
from codekiln.sandbox import Sandbox
from codekiln.tasks.example import Origin
from codekiln.tasks.fix import compilers, injection
from codekiln.tasks.fix.compilers import compiler_of
from codekiln.tasks.fix.injection import Injector
from codekiln.tasks.fix.mutations import KINDS
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.program import programs
from codekiln.tasks.fix.sandboxed import sandboxed
from codekiln.tasks.fix.tests import trial_of
from codekiln.tasks.fix.trial import Trial
from runner import Ended, run

TWO = '''import re


def initials(name: str, dot: str = ".") -> str:
    """Initials of a name.

    >>> initials("Ada King Lovelace")
    'A.K.L.'
    """
    parts = re.split(r"[ -]+", name.strip())
    return "".join(part[0].upper() + dot for part in parts if part)


def clamp(value: int, low: int = 0, high: int = 10) -> int:
    if value < low:
        return low
    if value > high:
        return high
    return value
'''
COROUTINES = """async def doubled(n: int) -> int:
    return n * 2


async def raised(n: int) -> int:
    return await doubled(n) + 1
"""
C = """#include <stddef.h>

static int first(const int *items, size_t n) {
    return n > 0 ? items[0] : -1;
}
"""


def found(path, content, language, runner=run):
    injector = Injector(runner)
    return list(injector.examples(Origin("s", "r", path, "MIT", language), content)), injector


@pytest.fixture(scope="module")
def python():
    return found("pkg/names.py", TWO, "python")


def test_bugs_fail_as_said_and_pass_when_mended(python):
    examples, injector = python
    assert len(examples) >= 4
    assert injector.counts["bug verified"] == len(examples)
    for example in examples:
        trial = Trial.parse(example.trial)
        failed = trial.of(example.code, run)
        assert not failed.passed
        assert failed.message == example.message
        assert "/tmp" not in example.message
        assert trial.of(Patch.parse(example.target).apply(example.code), run).passed


def test_kinds_take_turns(python):
    kinds = Counter(example.kind for example in python[0])
    assert max(kinds.values()) <= 2
    assert len(kinds) >= 3


def test_a_missing_await_is_seen_by_running_the_coroutine():
    injector = Injector(run, kinds=Counter(set(KINDS) - {"missing-await"}))  # the rarest come first
    examples = injector.examples(Origin("s", "r", "pkg/waiting.py", "MIT", "python"), COROUTINES)
    (example,) = (one for one in examples if one.kind == "missing-await")
    assert example.target == ("-6|    return doubled(n) + 1\n+6|    return await doubled(n) + 1\n")
    assert "TypeError: unsupported operand type(s) for +: 'coroutine' and 'int'" in example.message
    trial = Trial.parse(example.trial)
    assert "asyncio.run(raised(" in trial.files["test_waiting.py"]
    assert not trial.of(example.code, run).passed
    assert trial.of(COROUTINES, run).passed


def test_examples_of_the_author_are_the_test_where_there_are_some(python):
    trials = [
        example.trial for example in python[0] if "py_compile" not in example.trial["command"]
    ]
    assert {bool(trial["files"]) for trial in trials} == {True, False}
    for example in python[0]:
        if "doctest" in example.trial["command"]:
            assert "def initials" in example.code
        elif example.trial["files"]:
            assert "def clamp" in example.code
            assert "self.assertEqual(clamp(" in example.trial["files"]["test_names.py"]


ORDERED = """def ordered(words: list[str]) -> list[str]:
    return {0}(set(words))
"""
SHOWN = '''def ordered(words: list[str]) -> list[str]:
    """Each once.

    >>> ordered({0!r})
    {1!r}
    """
    return list(set(words))
'''


@pytest.mark.parametrize("name", ["list", "sorted"])
def test_no_trial_hangs_on_the_order_of_a_set(name):
    (program,) = programs(ORDERED.format(name))
    trial = trial_of(program, "module.py", run)
    assert all(trial.of(program.code, run, seed).passed for seed in range(10, 16))
    assert ("'c'" in trial.files["test_module.py"]) is (name == "sorted")


@pytest.mark.parametrize("words", [["one", "two"], ["two", "one"]])
def test_an_example_that_shows_the_order_of_a_set_is_no_trial(words):
    (program,) = programs(SHOWN.format(words, words))
    trial = trial_of(program, "module.py", run)
    assert trial.files, "it is tried by other calls"
    assert all(trial.of(program.code, run, seed).passed for seed in range(10, 16))


def test_a_verdict_is_of_one_seed_of_hashes_in_the_sandbox():
    trial = Trial("module.py", ("python3", "-B", "module.py"), {})
    code = "raise SystemExit(str([hash('a'), hash('b')]))\n"
    in_sandbox = sandboxed(Sandbox.find())
    said = [trial.of(code, in_sandbox, seed).message for seed in (0, 0, 1)]
    assert said[0] == said[1] != said[2]
    assert said[0] == trial.of(code, run).message


def test_the_same_file_gives_the_same_bugs(python):
    assert found("pkg/names.py", TWO, "python")[0] == python[0]


@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_a_compiler_says_what_is_wrong():
    examples, _ = found("src/first.c", C, "c")
    assert examples
    for example in examples:
        assert "first.c:" in example.message
        assert "error" in example.message
        assert Patch.parse(example.target).apply(example.code) == C


def test_what_gives_no_bugs_is_counted():
    counts = found("a.c", '#include "own.h"\n', "c")[1].counts
    assert counts == {"does not stand alone": 1}
    assert found("a.rb", "x = 1\n", "ruby")[1].counts == {"no compiler for ruby": 1}
    failing = found("a.py", "def f(:\n", "python")[1].counts
    assert failing["fails as it is"] == 1


def test_bugs_of_layout_do_not_drown_the_others(monkeypatch):
    def checked(files, command, seed=0):
        return Ended(0 if b"(x + 1)" in files["a.py"] else 1, b"", b"SyntaxError: no")

    def left_out(kinds):
        injector = Injector(checked, kinds=Counter(kinds))
        list(injector.examples(Origin("s", "r", "a.py", "MIT", "python"), "y = (x + 1)\n"))
        return injector.counts["enough bugs of layout"]

    monkeypatch.setattr(injection, "ENOUGH_LAYOUT", 3)
    assert not left_out({"missing-colon": 2})
    assert left_out({"missing-colon": 2, "missing-bracket": 1})
    assert not left_out({"missing-colon": 4, "off-by-one": 5})
    assert left_out({"missing-colon": 5, "off-by-one": 5})


def test_what_is_killed_or_passes_all_the_same_is_no_example():
    def killed(files, command, seed=0):
        is_broken = b"(x + 1)" not in files["a.py"]
        return Ended(None, b"", b"") if is_broken else Ended(0, b"", b"")

    examples, injector = found("a.py", "y = (x + 1)\n", "python", killed)
    assert examples == []
    assert injector.counts["killed"] == injector.counts.total() > 0
    examples, injector = found("a.py", "y = (x + 1)\n", "python", lambda *_: Ended(0, b"", b""))
    assert (examples, injector.counts["bug verified"]) == ([], 0)
    assert injector.counts["bug not noticed"] > 0


def test_a_language_that_cannot_be_built_is_told(monkeypatch):
    with pytest.raises(UsageError, match="Nothing here compiles ruby: bugs can be tried in python"):
        compiler_of(languages()["ruby"])
    assert compiler_of(languages()["python"]).syntax_only
    monkeypatch.setattr(compilers, "PATH", "/nowhere")
    with pytest.raises(UsageError, match="'javac', which is not in /nowhere: install it there"):
        compiler_of(languages()["java"])
