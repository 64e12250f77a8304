"""The trials of tasks say by an exit status whether they passed; here nobody can forge that."""

from dataclasses import replace

import pyarrow as pa
import pytest

from codekiln.artifact import Stage, produce
from codekiln.corpus.collect.shards import write_table
from codekiln.errors import UsageError
from codekiln.evaluate.programs.injected import injected_bugs, judge_of
from codekiln.languages import languages
from codekiln.sandbox import Sandbox
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.compilers import compiler_of
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.sandboxed import sandboxed
from codekiln.tasks.fix.trial import Trial
from codekiln.tasks.table import SCHEMA

RIGHT = "def twice(n):\n    return n * 2\n"
CODE = "def twice(n):\n    return n * 3\n"
TEST = """import unittest

from module import twice


class TestTwice(unittest.TestCase):
    def test_twice(self):
        self.assertEqual(twice(1), 2)
        self.assertEqual(twice(5), 10)


if __name__ == "__main__":
    unittest.main()
"""
DOCUMENTED = (
    'def twice(n):\n    """Two of it.\n\n    >>> twice(4)\n    8\n    """\n    return n * 2\n'
)
FORGERIES = {
    "exits while it is loaded": "import os\nos._exit(0)\n",
    "exits when it is called": "def twice(n):\n    import os\n    os._exit(0)\n",
    "raises SystemExit": "raise SystemExit(0)\n",
    "equals everything": (
        "class Any(int):\n    def __eq__(self, other):\n        return True\n"
        "def twice(n):\n    return Any(0)\n"
    ),
    "patches the test": (
        "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\n"
        "def twice(n):\n    return 0\n"
    ),
}


def example(right=RIGHT, code=CODE, test=TEST, language="python"):
    command = ["python3", "-B", "test_module.py", "-f", "-q"]
    files = {"test_module.py": test}
    if not test:
        command, files = ["python3", "-B", "-m", "doctest", "-f", "module.py"], {}
    return TaskExample(
        task="fix",
        kind="wrong-value",
        origin=Origin("source", "repository", "package/module.py", "MIT", language),
        target=Patch.between(code, right).text,
        message="AssertionError: 3 != 2",
        code=code,
        trial={"file": "module.py", "command": command, "files": files},
    )


def verdict(one, code, right=RIGHT):
    return judge_of(one, right)(Sandbox.find(), code)


def made(folder, *rows):
    """An artifact of tasks that holds these out."""

    def build(config, inputs, out):
        table = pa.Table.from_pylist([row.plain() for row in rows], SCHEMA)
        write_table(out / "examples-held_out-00000.parquet", table)
        return {}

    return produce(Stage("tasks", 1, build), {}, {}, folder, "t")


def test_those_that_can_be_judged_are_taken_and_counted(tmp_path):
    commit = replace(example(), kind="commit", trial={})
    iterator = "def twice(n):\n    yield n * 2\n"
    opaque = example(iterator, CODE, TEST.replace("twice(1)", "next(twice(1))"))
    found = injected_bugs(made(tmp_path, example(), commit, opaque), Sandbox.find())
    assert found.name == "1 of 2 injected bugs of t"
    (bug,) = found.problems
    assert (bug.code, bug.right, bug.kind) == (CODE, RIGHT, "wrong-value")
    assert bug.kinds == ("judged by a test", "wrong-value")
    whole = injected_bugs(made(tmp_path / "whole", example(), commit), Sandbox.find())
    assert whole.name == "1 injected bugs of t"
    with pytest.raises(
        UsageError, match=r"holds no bug that can be run: build it with tasks\.bugs"
    ):
        injected_bugs(made(tmp_path / "none", commit), Sandbox.find())


def test_a_bug_has_one_name_in_all_artifacts_and_is_there_once(tmp_path):
    sandbox, other = Sandbox.find(), RIGHT.replace("2", "5")
    another = example(RIGHT, other)
    same = replace(example(), kind="off-by-one")
    one = injected_bugs(made(tmp_path / "one", example(), another, same), sandbox).problems
    two = injected_bugs(made(tmp_path / "two", another, example()), sandbox).problems
    assert {bug.name: bug.code for bug in one} == {bug.name: bug.code for bug in two}
    assert [bug.code for bug in one] == [CODE, other]
    assert {bug.group for bug in one} == {"repository/package/module.py"}


def test_calls_of_a_test_are_asserted_from_outside():
    assert verdict(example(), RIGHT).passed
    failed = verdict(example(), CODE)
    assert not failed.passed
    assert "3 != 2" in failed.message


def test_examples_of_a_docstring_are_compared_from_outside():
    wrong = DOCUMENTED.replace("* 2", "* 3")
    one = example(DOCUMENTED, wrong, test="")
    assert verdict(one, DOCUMENTED, DOCUMENTED).passed
    failed = verdict(one, wrong, DOCUMENTED)
    assert not failed.passed
    assert "Got:\n    12" in failed.message


def test_a_candidate_that_rewrites_its_own_docstring_gains_nothing():
    easier = DOCUMENTED.replace("    8", "    12").replace("* 2", "* 3")
    one = example(DOCUMENTED, DOCUMENTED.replace("* 2", "* 3"), test="")
    assert not verdict(one, easier, DOCUMENTED).passed


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_passes_its_trial_and_not_here(name):
    one = example()
    trial = Trial(one.trial["file"], tuple(one.trial["command"]), one.trial["files"])
    assert trial.of(FORGERIES[name], sandboxed(Sandbox.find())).passed
    assert not verdict(one, FORGERIES[name]).passed


def test_what_has_no_judge_is_left_out():
    assert judge_of(example(test="import unittest\n"), RIGHT) is None
    two = DOCUMENTED + "\n\n" + DOCUMENTED.replace("twice", "double")
    assert judge_of(example(two, CODE, test=""), two) is None


def test_a_coroutine_is_run_beside_the_candidate():
    right = (
        "async def once(n):\n    return n\n\n\nasync def twice(n):\n    return await once(n) * 2\n"
    )
    broken = right.replace("await ", "")
    test = "import asyncio\n" + TEST.replace("(twice(1)", "(asyncio.run(twice(1))").replace(
        "(twice(5)", "(asyncio.run(twice(5))"
    )
    one = example(right, broken, test)
    assert verdict(one, right, right).passed
    assert not verdict(one, broken, right).passed
    assert not verdict(one, right.replace("* 2", "* 3"), right).passed
    assert not verdict(one, "def twice(n):\n    return n * 2\n", right).passed
    for forgery in FORGERIES.values():
        assert not verdict(one, forgery.replace("def twice", "async def twice"), right).passed


@pytest.mark.parametrize("file", ["module.py", "traceback.py"])
def test_a_missing_mark_is_judged_by_compiling_which_runs_nothing(file):
    broken = "raise SystemExit(1)\nitems = (1, 2\n"
    right = broken.replace("2", "2)")
    compiler = compiler_of(languages()["python"])
    one = example(right, broken)
    one = replace(one, trial=compiler.trial(languages()["python"], file, right).plain())
    assert verdict(one, right, right).passed
    assert not verdict(one, broken, right).passed


def test_other_languages_are_judged_by_their_compiler():
    one = example('{"a": 1}', '{"a": 1', language="json")
    compiler = ["python3", "-c", "import json; json.load(open('module.py'))"]
    one = replace(one, trial={"file": "module.py", "command": compiler, "files": {}})
    assert verdict(one, '{"a": 1}').passed
    assert not verdict(one, '{"a": 1').passed
