"""The commands of `codekiln tasks`: make examples, look at them, and make rows of them for a base."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from codekiln.cli.options import Json, Runner, Settings, Work
from codekiln.cli.terminal import print_json, progress_bars
from codekiln.tasks.example import Task

app = typer.Typer(help="Make examples to tune a model on, and look at them.", no_args_is_help=True)

Tasks = Annotated[Path, typer.Argument(help="What 'tasks build' printed.")]
Owner = Annotated[
    Path, typer.Option("--model", help="The model whose tokens count: a folder, or 'starter'.")
]
SplitName = Annotated[
    Literal["train", "held_out"], typer.Option("--split", help="To learn from, or held out.")
]
STARTER = Path("starter")


@app.command()
def build(
    recipe: Annotated[Path, typer.Argument(help=r"A TOML file with a table \[corpus].")],
    model: Owner = STARTER,
    settings: Settings = None,
    work: Work = Path("work"),
    runner: Runner = "native",
    as_json: Json = False,
) -> None:
    """Mine a corpus for completions, functions to implement and bugs to fix; bugs are run to see them."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import tasks_summary
    from codekiln.generate.loading import model_folder
    from codekiln.pipeline.recipe import read_tasks_recipe
    from codekiln.pipeline.tasks import build_tasks

    resolved = read_tasks_recipe(recipe, settings or [])
    owner = open_artifact(model_folder(model), "model")
    with progress_bars():
        made = build_tasks(resolved, owner, work, runner)
    if as_json:
        print_json({"artifact": str(made.path), "statistics": made.statistics})
    else:
        tasks_summary.print_build(made)


@app.command()
def show(
    tasks: Tasks,
    task: Annotated[str, typer.Option("--task", help="completion, implement or fix.")] = "",
    kind: Annotated[str, typer.Option("--kind", help="Such as off-by-one, or numpy.")] = "",
    language: Annotated[str, typer.Option("--language", help="Such as python.")] = "",
    split: SplitName = "train",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most examples.")] = 3,
    as_json: Json = False,
) -> None:
    """Show some examples: what is given, and the answer."""
    from itertools import islice

    from codekiln.artifact import open_artifact
    from codekiln.cli import tasks_summary
    from codekiln.tasks.reading import examples

    found = list(islice(examples(open_artifact(tasks), split, task, kind, language), limit))
    if as_json:
        print_json({"examples": [example.plain() for example in found]})
    else:
        tasks_summary.print_examples(found)


@app.command()
def rows(
    tasks: Tasks,
    model: Owner = STARTER,
    task: Annotated[
        Task | None, typer.Option("--task", help="Of one task; default: of all.")
    ] = None,
    length: Annotated[int, typer.Option(min=64, help="Tokens of context and answer.")] = 1024,
    out: Annotated[Path, typer.Option("--out", help="A folder for the two files.")] = Path("rows"),
    as_json: Json = False,
) -> None:
    """Write train.jsonl and held_out.jsonl for one base: ids of each context and of its answer."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import tasks_summary
    from codekiln.generate.loading import model_folder
    from codekiln.tasks.reading import write_rows
    from codekiln.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(model_folder(model))
    with progress_bars():
        counts = write_rows(open_artifact(tasks), tokenizer, length, out, task)
    if as_json:
        print_json({"folder": str(out), **counts})
    else:
        tasks_summary.print_rows(out, counts)


@app.command()
def report(
    tasks: Tasks,
    out: Annotated[Path, typer.Option("--out", help="Where to write it.")] = Path("tasks.html"),
    as_json: Json = False,
) -> None:
    """Write a page of HTML: how many examples of what, what became of the rest, and samples."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import tasks_summary
    from codekiln.pipeline.report.tasks import write_tasks_report

    with progress_bars():
        write_tasks_report(open_artifact(tasks, "tasks"), out)
    if as_json:
        print_json({"report": str(out)})
    else:
        tasks_summary.print_report(out)
