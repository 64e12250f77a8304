"""The evaluation of answers that are run: an artifact of results, a problem and solver an item.

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
from codekiln.evaluate.pass_at_k import pass_at_k
from codekiln.evaluate.programs.grading import grade
from codekiln.evaluate.programs.problem import P, Problem, ProblemSet, Solver
from codekiln.evaluate.programs.writer import Settings
from codekiln.evaluate.results import STAGE_NAME, Facts, Item, write_results
from codekiln.evaluate.subset import part_of, spread
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import Verdict
from codekiln.telemetry import Metrics, progress, read_metrics

ANSWERS = "answers.jsonl"
USUAL = (1, 10, 100)  # the k of Chen et al. 2021


@dataclass(frozen=True)
class ProgramsConfig:
    """Settings: which solvers, how answers are drawn, and how many of the problems, evenly spread."""

    solvers: tuple[str, ...]
    settings: Settings
    tasks: int | None = None

    def check(self) -> None:
        """Raises UsageError: several answers are wanted that would all be equal."""
        if self.settings.count > 1 and self.settings.temperature == 0:
            raise UsageError(
                "At temperature 0 all samples are equal: set --temperature, 0.2 for pass@1 or 0.8 for "
                "pass@100 (Chen et al. 2021, figure 5)."
            )


def evaluate(
    problems: ProblemSet[P],
    solvers: Sequence[Solver[P]],
    sandbox: Sandbox,
    model: Artifact,
    config: ProgramsConfig,
    work: Path,
) -> Artifact:
    """Ask and grade, or find the results of an earlier evaluation with the same settings.

    Raises:
        UsageError: the settings contradict each other.
        SandboxError: an answer could not be run, so that there are no results.
    """
    config.check()

    def build(_: object, __: Mapping[str, Artifact], out: Path) -> Statistics:
        chosen = {each.name: each for each in spread(problems.problems, config.tasks)}
        answered = _answered(list(chosen.values()), solvers, out / ANSWERS)
        rows = list(_graded(chosen, answered, sandbox))
        write_atomically(out / ANSWERS, "".join(json.dumps(row) + "\n" for row in rows).encode())
        part = part_of(len(chosen), len(problems.problems))
        items = [item_of(chosen[row["item"]], row, part) for row in rows]
        reasons = Counter(reason for row in rows for reason in row["reasons"])
        facts = Facts.of(problems.name, model, config.settings.seed)
        found = {"sandbox": sandbox.backend.name, "reasons": dict(reasons.most_common())}
        return {**write_results(out, items, facts), **found}

    stage = Stage(STAGE_NAME, 3, build)
    sources = {problems.name: problems.sha256, "sandbox": sandbox.backend.name}
    return produce(stage, config, {"model": model}, work, problems.name, sources)


def item_of(problem: Problem, row: Mapping[str, Any], part: str) -> Item:
    """pass@k for the k that the number of answers allows, and the share of the author's own answers."""
    answers, passed = row["answers"], row["reasons"].count("passed")
    ks = sorted({*(k for k in USUAL if k <= len(answers)), len(answers)})
    figures = {f"pass@{k}": (pass_at_k(len(answers), passed, k), 1.0) for k in ks}
    exact = [problem.is_exact(answer) for answer in answers]
    if None not in exact:
        figures["exact"] = (float(exact.count(True)), float(len(answers)))
    return Item(row["system"], problem.name, problem.group, (part, *problem.kinds), figures)


def _answered(
    problems: Sequence[P], solvers: Sequence[Solver[P]], path: Path
) -> list[dict[str, Any]]:
    """A row for each solver and problem; those that stand in the file are not written again."""
    written = Metrics(path, keep=lambda _: True)
    there = {(row["system"], row["item"]) for row in read_metrics(path)}
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
    problems: Mapping[str, P], rows: Sequence[dict[str, Any]], sandbox: Sandbox
) -> Iterator[dict[str, Any]]:
    """The rows with the reason of each answer's verdict; of equal answers to a problem one is run."""
    different = dict.fromkeys((row["item"], answer) for row in rows for answer in row["answers"])
    pairs = [(problems[name], answer) for name, answer in different]
    verdicts: dict[tuple[str, str], Verdict] = {}
    with progress("graded", len(pairs), "answers") as task:
        for key, verdict in zip(different, grade(sandbox, pairs), strict=True):
            verdicts[key] = verdict
            task.advance()
    for row in rows:
        found = [verdicts[row["item"], answer] for answer in row["answers"]]
        yield {**row, "reasons": [verdict.reason for verdict in found]}
