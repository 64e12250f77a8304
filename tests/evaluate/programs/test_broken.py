import tomllib
from importlib import resources

import pytest

from codekiln.evaluate.programs.broken import PROGRAMS, own_programs
from codekiln.evaluate.programs.grading import grade
from codekiln.sandbox import Sandbox
from codekiln.tasks.fix.mutations import KINDS

ROWS = tomllib.loads(resources.files("codekiln.evaluate.programs").joinpath(PROGRAMS).read_text())


@pytest.fixture(scope="module")
def programs():
    return own_programs(Sandbox.find()).problems


def test_there_are_thirty_with_bugs_of_many_kinds(programs):
    assert len({program.name for program in programs}) == len(programs) == 30
    kinds = {program.kind for program in programs}
    assert kinds <= set(KINDS)
    assert len(kinds) >= 12


def test_each_bug_is_one_change_at_one_place():
    for row in ROWS["program"]:
        assert row["code"].count(row["was"]) == 1, row["name"]
        assert row["was"] != row["became"]


@pytest.mark.slow
def test_every_program_passes_as_it_was_and_fails_with_its_bug(programs):
    sandbox = Sandbox.find()
    right = grade(sandbox, [(program, program.right) for program in programs])
    assert [p.name for p, verdict in zip(programs, right, strict=True) if not verdict.passed] == []
    broken = grade(sandbox, [(program, program.code) for program in programs])
    assert [p.name for p, verdict in zip(programs, broken, strict=True) if verdict.passed] == []


def test_the_message_is_that_of_the_failing_test(programs):
    by_name = {program.name: program for program in programs}
    assert "IndexError: string index out of range" in by_name["run_lengths"].message
    assert "NameError: name 'math' is not defined" in by_name["hypotenuse"].message
    assert "assert candidate(38) == 2" in by_name["digits_sum"].message


def test_the_author_s_code_is_exact_and_no_other(programs):
    assert programs[0].is_exact(programs[0].right)
    assert not programs[0].is_exact(programs[0].code)
