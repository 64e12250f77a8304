import json
from dataclasses import dataclass, field

import pytest

from codekiln.errors import SandboxError, UsageError
from codekiln.evaluate.programs.problem import ProblemSet
from codekiln.evaluate.programs.stage import ANSWERS, ProgramsConfig, evaluate, item_of
from codekiln.evaluate.programs.writer import Settings
from codekiln.evaluate.results import open_results
from codekiln.sandbox import Sandbox
from codekiln.sandbox.backends import Unconfined
from evaluate.programs.problems import RIGHT, WRONG, function
from model_artifacts import model_artifact


@dataclass
class Scripted:
    """Answers with what stands in a table, and remembers what it was asked."""

    answers: dict[str, list[str]]
    name: str = "scripted"
    asked: list[str] = field(default_factory=list)
    stops_behind: int | None = None

    def __call__(self, problem):
        if len(self.asked) == self.stops_behind:
            raise KeyboardInterrupt
        self.asked.append(problem.name)
        return self.answers[problem.name]


NAMES = ("HumanEval/0", "HumanEval/1", "HumanEval/2")
SET = ProblemSet("set", tuple(map(function, NAMES)), "0" * 64)
ANSWERED = {NAMES[0]: [RIGHT, WRONG], NAMES[1]: [WRONG, WRONG], NAMES[2]: [RIGHT, RIGHT]}
TWO = Settings(count=2, temperature=0.5, seed=7)


@pytest.fixture
def model(tmp_path):
    return model_artifact(tmp_path)


def run(solver, model, tmp_path, settings=TWO, tasks=None, sandbox=None):
    config = ProgramsConfig((solver.name,), settings, tasks)
    return evaluate(SET, [solver], sandbox or Sandbox.find(), model, config, tmp_path / "work")


def test_the_table_has_pass_at_k_by_the_estimator(model, tmp_path):
    made = run(Scripted(ANSWERED), model, tmp_path)
    [row] = made.statistics["table"]
    assert (row["stratum"], row["system"], row["items"]) == ("all 3", "scripted", 3)
    assert row["figures"]["pass@1"]["value"] == pytest.approx((0.5 + 0 + 1) / 3)
    assert row["figures"]["pass@2"]["value"] == pytest.approx(2 / 3)
    assert "exact" not in row["figures"]
    assert made.statistics["seed"] == 7
    assert made.statistics["model"].startswith(model.path.name)
    assert made.statistics["reasons"] == {"passed": 3, "failed": 3}


def test_what_was_judged_without_a_sandbox_stays_apart(model, tmp_path):
    unsafe = run(Scripted(ANSWERED), model, tmp_path, sandbox=Sandbox(Unconfined()))
    assert unsafe.statistics["sandbox"] == "unconfined"
    safe = run(Scripted(ANSWERED), model, tmp_path)
    assert safe.path != unsafe.path
    assert safe.statistics["sandbox"] == Sandbox.find().backend.name


def test_answers_and_reasons_lie_beside_the_figures(model, tmp_path):
    made = run(Scripted(ANSWERED), model, tmp_path)
    rows = [json.loads(line) for line in made.file(ANSWERS).read_text().splitlines()]
    assert [row["item"] for row in rows] == list(NAMES)
    assert rows[0]["answers"] == [RIGHT, WRONG]
    assert rows[0]["reasons"] == ["passed", "failed"]
    _, items = open_results(made.path)
    assert [item.item for item in items] == list(NAMES)


def test_a_quick_look_says_so_in_the_table(model, tmp_path):
    solver = Scripted(ANSWERED)
    made = run(solver, model, tmp_path, tasks=2)
    assert solver.asked == [NAMES[0], NAMES[1]]
    assert made.statistics["table"][0]["stratum"] == "2 of 3, evenly spread"


def test_an_evaluation_that_was_stopped_goes_on_where_it_was(model, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(ANSWERED, stops_behind=2), model, tmp_path)
    second = Scripted(ANSWERED)
    made = run(second, model, tmp_path)
    assert second.asked == [NAMES[2]]
    assert made.statistics["table"][0]["items"] == 3
    assert made.statistics["reasons"] == {"passed": 3, "failed": 3}
    third = Scripted(ANSWERED)
    assert run(third, model, tmp_path).path == made.path
    assert third.asked == []


def test_equal_answers_are_run_once(model, tmp_path, monkeypatch):
    runs = []
    judged = type(SET.problems[0]).judged

    def counted(self, sandbox, answer):
        runs.append((self.name, answer))
        return judged(self, sandbox, answer)

    monkeypatch.setattr(type(SET.problems[0]), "judged", counted)
    run(Scripted(ANSWERED), model, tmp_path)
    assert sorted(runs) == sorted({(name, a) for name, found in ANSWERED.items() for a in found})


def test_several_samples_at_temperature_0_are_refused(model, tmp_path):
    with pytest.raises(UsageError, match="all samples are equal: set --temperature"):
        run(Scripted(ANSWERED), model, tmp_path, Settings(count=2))
    one = {name: answers[:1] for name, answers in ANSWERED.items()}
    made = run(Scripted(one), model, tmp_path, Settings(count=1))
    assert list(made.statistics["table"][0]["figures"]) == ["pass@1"]


def test_where_nothing_can_be_run_there_are_no_results(model, tmp_path):
    class Broken(Unconfined):
        def place(self, program, limits):
            raise SandboxError("The sandbox could not be set up.")

    with pytest.raises(SandboxError):
        run(Scripted(ANSWERED), model, tmp_path, sandbox=Sandbox(Broken()))
    assert not [path for path in (tmp_path / "work" / "results").glob("set-*") if path.suffix == ""]
    assert run(Scripted(ANSWERED), model, tmp_path).statistics["reasons"]["passed"] == 3


def test_of_missing_lines_the_exact_ones_are_counted():
    row = {"system": "s", "answers": [RIGHT, WRONG, RIGHT], "reasons": ["passed"] * 3}
    item = item_of(function(suffix=""), row, "all 1")
    assert item.figures["exact"] == (2.0, 3.0)
    assert item.figures["pass@3"] == (1.0, 1.0)
