"""The evaluation of answers to problems: an artifact of results, a problem and solver an item.

What was answered and why it failed lies beside the figures in `answers.jsonl`; an evaluation that was
killed while answers were written goes on behind the last.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, produce, write_atomically
from codekiln.errors import UsageError
from codekiln.evaluate.functions.grading import Grade
from codekiln.evaluate.functions.problems import Problem, ProblemSet, spread
from codekiln.evaluate.functions.solvers import Settings, Solver
from codekiln.evaluate.pass_at_k import pass_at_k
from codekiln.evaluate.results import STAGE_NAME, Facts, Item, write_results
from codekiln.sandbox.grading import Verdict
from codekiln.telemetry import Metrics, progress, read_metrics

ANSWERS = "answers.jsonl"
USUAL = (1, 10, 100)  # the k of Chen et al. 2021


@dataclass(frozen=True)
class FunctionsConfig:
    """Settings: which solvers, how answers are drawn, and how many of the problems, evenly spread."""

    solvers: tuple[str, ...]
    settings: Settings = Settings()
    tasks: int | None = None

    def check(self) -> None:
        """Raises UsageError: several answers are wanted that would all be equal."""
        if self.settings.count > 1 and self.settings.temperature == 0:
            raise UsageError(
                "At temperature 0 all samples are equal: set --temperature, 0.2 for pass@1 or 0.8 for "
                "pass@100 (Chen et al. 2021, figure 5)."
            )


def evaluate(
    problems: ProblemSet,
    solvers: Sequence[Solver],
    grade: Grade,
    model: Artifact,
    config: FunctionsConfig,
    work: Path,
) -> Artifact:
    """Ask and grade, or find the results of an earlier evaluation with the same settings.

    Raises:
        UsageError: the settings contradict each other.
        SandboxError: nothing can be run safely, so that there are no results.
    """
    config.check()

    def build(_: object, __: Mapping[str, Artifact], out: Path) -> Statistics:
        chosen = spread(problems.problems, config.tasks)
        stratum = _stratum(len(chosen), len(problems.problems))
        answered = _answered(chosen, solvers, out / ANSWERS)
        rows = list(_graded(chosen, answered, grade))
        write_atomically(out / ANSWERS, "".join(json.dumps(row) + "\n" for row in rows).encode())
        by_name = {problem.name: problem for problem in chosen}
        items = [item_of(by_name[row["item"]], row, stratum) for row in rows]
        reasons = Counter(reason for row in rows for reason in row["reasons"])
        facts = Facts.of(problems.name, model, config.settings.seed)
        return {**write_results(out, items, facts), "reasons": dict(reasons.most_common())}

    stage = Stage(STAGE_NAME, 1, build)
    return produce(
        stage, config, {"model": model}, work, problems.name, {problems.name: problems.sha256}
    )


def item_of(problem: Problem, row: Mapping[str, Any], stratum: str) -> Item:
    """pass@k for the k that the number of answers allows; where lines were missing, exact ones too."""
    answers, passed = row["answers"], row["reasons"].count("passed")
    ks = sorted({*(k for k in USUAL if k <= len(answers)), len(answers)})
    figures = {f"pass@{k}": (pass_at_k(len(answers), passed, k), 1.0) for k in ks}
    if problem.suffix:
        exact = sum(answer.rstrip() == problem.solution.rstrip() for answer in answers)
        figures["exact"] = (float(exact), float(len(answers)))
    group = f"HumanEval/{problem.name.partition('HumanEval/')[2].partition('/')[0]}"
    return Item(row["system"], problem.name, group, (stratum,), figures)


def _stratum(chosen: int, of: int) -> str:
    return f"all {of:,}" if chosen == of else f"{chosen:,} of {of:,}, evenly spread"


def _answered(
    problems: Sequence[Problem], solvers: Sequence[Solver], path: Path
) -> list[dict[str, Any]]:
    """A row for each solver and problem; those that stand in the file are not written again."""
    there = {(row["system"], row["item"]) for row in read_metrics(path)} if path.exists() else set()
    written = Metrics(path, keep=lambda row: True)
    try:
        for solver in solvers:
            missing = [each for each in problems if (solver.name, each.name) not in there]
            with progress(solver.name, len(missing), "problems") as task:
                for problem in missing:
                    answers = solver(problem)
                    written.write({"system": solver.name, "item": problem.name, "answers": answers})
                    task.advance()
    finally:
        written.close()
    return read_metrics(path)


def _graded(
    problems: Sequence[Problem], rows: Sequence[dict[str, Any]], grade: Grade
) -> Iterator[dict[str, Any]]:
    """The rows with the reason of each answer's verdict; of equal answers to a problem one is run."""
    by_name = {problem.name: problem for problem in problems}
    different = dict.fromkeys((row["item"], answer) for row in rows for answer in row["answers"])
    pairs = [(by_name[name], answer) for name, answer in different]
    verdicts: dict[tuple[str, str], Verdict] = {}
    with progress("graded", len(pairs), "answers") as task:
        for key, verdict in zip(different, grade(pairs), strict=True):
            verdicts[key] = verdict
            task.advance()
    for row in rows:
        found = [verdicts[row["item"], answer] for answer in row["answers"]]
        yield {**row, "reasons": [verdict.reason for verdict in found]}
