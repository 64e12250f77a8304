"""What `pretrain` and `report` say on a terminal, and the same for `--json`."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from codekiln.artifact import Artifact
from codekiln.cli.terminal import output
from codekiln.pipeline.report.runs import Run, told_apart, written


def model_as_json(made: Mapping[str, Artifact]) -> dict[str, Any]:
    """Where each artifact is and what each stage counted; of the model, what it forgot."""
    return {
        "artifacts": {stage: str(artifact.path) for stage, artifact in made.items()},
        "statistics": {stage: artifact.statistics for stage, artifact in made.items()},
    }


def print_model(made: Mapping[str, Artifact]) -> None:
    """Figures of the training, and the model's folder."""
    model = made["model"]
    trained = model.statistics
    if "held_out_losses" in trained:
        output.print(_losses(trained["held_out_losses"]))
    output.print(
        f"{trained['parameters']:,} parameters, {trained['tokens']:,} tokens "
        f"({trained['epochs']:.2f} epochs) in {trained['seconds']:.0f} s"
    )
    output.print(f"  {model.path}", markup=False, soft_wrap=True, style="cyan")


def print_tuned(made: Mapping[str, Artifact]) -> None:
    """What tuning changed on held-out examples, and how the model, or its base with an adapter, is used."""
    model = made["model"]
    tuned = model.statistics
    output.print(_losses(tuned["held_out_losses"]))
    if tuned["best_step"] == 0:
        output.print("Tuning did not help on held-out examples: what was kept equals the base.")
    learned = tuned.get("learned_parameters", tuned["parameters"])
    output.print(
        f"{learned:,} weights learned, {tuned['tokens']:,} tokens ({tuned['epochs']:.2f} epochs) in "
        f"{tuned['seconds']:.0f} s, the best at step {tuned['best_step']} of {tuned['steps']}"
    )
    output.print("To use it:")
    choices = [f"--model {model.path}"]
    if "adapter" in made:
        choices.append(f"--model {made['base'].path} --adapter {made['adapter'].path}")
    for choice in choices:
        command = f"codekiln complete {choice} FILE --line N"
        output.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")


def _losses(losses: Mapping[str, Mapping[str, float]]) -> Table:
    table = Table(title="Loss on held-out rows, nats a token", title_justify="left")
    for head in ("rows", "before", "after", "change"):
        table.add_column(head, justify="left" if head == "rows" else "right")
    for name, loss in losses.items():
        before, after = loss["before"], loss["after"]
        table.add_row(name, f"{before:.3f}", f"{after:.3f}", f"{after - before:+.3f}")
    return table


def runs_as_json(runs: Sequence[Run], page: Path) -> dict[str, Any]:
    """The page, and the final figures of each run."""
    return {
        "page": str(page),
        "runs": [
            {
                "name": run.name,
                "path": str(run.path),
                "finished": run.finished,
                **dataclasses.asdict(run.figures),
            }
            for run in told_apart(runs)
        ],
    }


def print_runs(runs: Sequence[Run], page: Path) -> None:
    """The final figures of each run, a column each, and where the page lies."""
    apart = told_apart(runs)
    columns = [written(run.figures) for run in apart]
    table = Table()
    table.add_column("figure")
    for run in apart:
        table.add_column(escape(run.name), justify="right", overflow="fold")
    for figure in columns[0]:
        table.add_row(figure, *(column[figure] for column in columns))
    output.print(table)
    output.print(f"  {page.resolve().as_uri()}", markup=False, soft_wrap=True, style="cyan")
