from dataclasses import dataclass

import pytest

from codekiln.apps.repair import RepairLoop, repair
from codekiln.evaluate.programs.broken import Broken
from codekiln.evaluate.programs.mending import PatchWriter
from codekiln.evaluate.programs.writer import Settings, Writer
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict
from codekiln.tasks.fix.patch import Patch
from fakes import saying, tiny_tokenizer


@dataclass
class Said:
    """A verdict of a table."""

    message: str = ""

    @property
    def passed(self):
        return not self.message


class Model:
    """Proposes by a script, and remembers what it was asked."""

    def __init__(self, *proposals):
        self.proposals, self.asked = proposals, []

    def __call__(self, code, message, number):
        self.asked.append((code, message.strip(), number))
        return self.proposals[number]


def runs(**messages):
    ran = []

    def run(code):
        ran.append(code)
        return Said(messages.get(code, "SameError"))

    return run, ran


def test_the_error_of_a_try_that_got_somewhere_is_read_next():
    model = Model("half", "whole")
    run, ran = runs(half="OtherError", whole="")
    found = repair("broken", "SameError", model, run, tries=5)
    assert (found.code, found.mended, found.tries) == ("whole", True, 2)
    assert model.asked == [("broken", "SameError", 0), ("half", "OtherError", 1)]
    assert ran == ["half", "whole"]


def test_a_try_that_fails_as_before_is_forgotten():
    model = Model("worse", None, "worse", "whole")
    run, ran = runs(whole="")
    found = repair("broken", "SameError", model, run, tries=4)
    assert found.mended
    assert {code for code, _, _ in model.asked} == {"broken"}
    assert ran == ["worse", "whole"]


def test_a_message_that_was_read_before_leads_nowhere_anew():
    model = Model("half", "back", "whole")
    run, _ = runs(half="OtherError", whole="")
    repair("broken", "SameError", model, run, tries=3)
    assert [code for code, _, _ in model.asked] == ["broken", "half", "half"]


def test_after_the_last_try_the_code_is_as_it_was():
    model = Model("half", "half more", "whole")
    run, _ = runs(half="OtherError", whole="")
    found = repair("broken", "SameError", model, run, tries=2)
    assert (found.code, found.mended, found.tries) == ("broken", False, 2)
    assert repair("broken", "SameError", model, run, tries=3).mended


@pytest.mark.parametrize("tries", [1, 3])
def test_the_loop_answers_with_the_code_that_passes(tries):
    right, code = "def f():\n    return 1\n", "def f():\n    return 2\n"

    def judge(_, tried):
        return Verdict("passed" if tried == right else "failed", "AssertionError")

    problem = Broken(
        "f", "f", "wrong-value", "f.py", "python", code, right, "AssertionError", judge
    )
    tokenizer = tiny_tokenizer()
    patch = tokenizer.encode(Patch.between(code, right).text)
    writer = Writer(saying(patch, tokenizer.vocabulary_size), tokenizer, Settings(temperature=0.1))
    loop = RepairLoop(PatchWriter(writer), Sandbox.unsafe(), tries)
    assert loop(problem) == [right]
    assert loop.name == f"model, repair loop of {tries} at 0.1"
