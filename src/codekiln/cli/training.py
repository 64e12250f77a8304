"""The commands that train a model and look at how it learns."""

from pathlib import Path
from typing import Annotated

import typer

from codekiln.cli.options import Json, Runner, Settings, Work
from codekiln.cli.terminal import print_json, progress_bars


def pretrain(
    recipe: Annotated[Path, typer.Argument(help="A TOML file, such as recipes/tiny.toml.")],
    base: Annotated[
        Path | None, typer.Option("--from", help="Go on from this model, or from 'starter'.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(help="Rows it is not to forget; default: those it was trained on."),
    ] = None,
    settings: Settings = None,
    work: Work = Path("work"),
    runner: Runner = "native",
    as_json: Json = False,
) -> None:
    """Train a recipe's model, from the start or on from another; no evaluation, no report."""
    from codekiln.device import require_torch

    require_torch("Training")
    from codekiln.cli import training_summary
    from codekiln.pipeline.pretrain import pretrain as pretrain_model
    from codekiln.pipeline.recipe import read_recipe

    resolved = read_recipe(recipe, settings or [])
    with progress_bars():
        made = pretrain_model(resolved, work, base, replay, runner)
    if as_json:
        print_json(training_summary.model_as_json(made))
    else:
        training_summary.print_model(made)


def tune(
    examples: Annotated[
        Path,
        typer.Argument(help="What 'tasks build' or 'tasks rows' printed, or a file in JSON lines."),
    ],
    base: Annotated[Path, typer.Option("--from", help="The model to tune.")] = Path("starter"),
    held_out: Annotated[
        Path | None, typer.Option(help="Others, not to be learned; default: a share of the former.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A TOML file, such as recipes/implement.toml.")
    ] = None,
    settings: Settings = None,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Make a model better at a task: an adapter in PEFT's format, and the model with it merged."""
    from codekiln.device import require_torch

    require_torch("Tuning")
    from codekiln.cli import training_summary
    from codekiln.pipeline.recipe import read_tuning_recipe
    from codekiln.pipeline.tune import tune as tune_model

    resolved = read_tuning_recipe(recipe, settings or [])
    with progress_bars():
        made = tune_model(resolved, base, examples, work, held_out)
    if as_json:
        print_json(training_summary.model_as_json(made))
    else:
        training_summary.print_tuned(made)


def report(
    runs: Annotated[
        list[Path], typer.Argument(help="Models' folders; one still in training ends in .partial.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("runs.html"),
    as_json: Json = False,
) -> None:
    """Write one page with the curves of several trainings, finished or not."""
    from codekiln.cli import training_summary
    from codekiln.pipeline.report.runs import read_run, write_runs_page

    found = [read_run(path) for path in runs]
    write_runs_page(found, out)
    if as_json:
        print_json(training_summary.runs_as_json(found, out))
    else:
        training_summary.print_runs(found, out)
