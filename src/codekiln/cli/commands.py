"""The commands. Each parses, makes one call and hands the answer to `summary`."""

import dataclasses
import os
from pathlib import Path
from typing import Annotated

import typer

from codekiln import __version__
from codekiln.cli import (
    corpus,
    encoder_summary,
    evaluation,
    index,
    models,
    programs,
    summary,
    tasks,
    tokenizer,
    training,
)
from codekiln.cli.adapt import adapt
from codekiln.cli.complete import complete
from codekiln.cli.connect import Address, Token, connect
from codekiln.cli.explain import explain
from codekiln.cli.lsp import lsp
from codekiln.cli.options import Json, Model, Runner, Settings, Work
from codekiln.cli.serve import serve, stats
from codekiln.cli.terminal import output, print_json, progress_bars
from codekiln.cli.trial import try_

app = typer.Typer(
    help="Turn a folder of source code into a code model that you own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(corpus.app, name="corpus")
app.add_typer(tokenizer.app, name="tokenizer")
app.add_typer(index.app, name="index")
app.add_typer(tasks.app, name="tasks")
app.add_typer(evaluation.app, name="eval")
evaluation.app.command()(programs.humaneval)
evaluation.app.command()(programs.infilling)
evaluation.app.command()(programs.fix)
evaluation.app.command()(programs.bits)


def _version(wanted: bool) -> None:
    if wanted:
        output.print(f"codekiln {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")
    ] = False,
) -> None:
    """Turn a folder of source code into a code model that you own."""


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="A TOML file, such as recipes/tiny.toml.")],
    settings: Settings = None,
    work: Work = Path("work"),
    runner: Runner = "native",
    as_json: Json = False,
) -> None:
    """Walk the whole road of a recipe; what is finished is skipped, what was killed goes on."""
    from codekiln.device import require_torch

    require_torch("Training")
    from codekiln.pipeline.recipe import read_recipe
    from codekiln.pipeline.run import run as run_recipe

    resolved = read_recipe(recipe, settings or [])
    with progress_bars():
        made = run_recipe(resolved, work, runner)
    shown = encoder_summary if "encoder" in made else summary
    if as_json:
        print_json(shown.run_as_json(made))
    else:
        shown.print_run(made, recipe)


app.command()(adapt)
app.command()(complete)
app.command()(explain)
app.command()(lsp)
app.command()(connect)
app.command("try")(try_)
app.command()(serve)
app.command()(stats)
app.command()(training.pretrain)
app.command()(training.tune)
app.command()(training.report)
app.command()(models.pull)
app.command()(models.extend)
app.command()(models.export)
app.command()(models.compress)


@app.command()
def inspect(
    artifact: Annotated[Path, typer.Argument(help="An artifact's folder, as 'run' printed it.")],
    as_json: Json = False,
) -> None:
    """Show what an artifact holds and what made it, and check every file of it."""
    from codekiln.pipeline.inspect import inspect_artifact

    found = inspect_artifact(artifact)
    if as_json:
        print_json(found.plain())
    else:
        summary.print_inspection(found)


@app.command()
def doctor(
    editor: Annotated[
        bool, typer.Option("--editor", help="Say why nothing appears in an editor.")
    ] = False,
    address: Address = "http://127.0.0.1:8012",
    token: Token = "",
    model: Model = Path("starter"),
    as_json: Json = False,
) -> None:
    """Say what is installed, what is missing and the line that installs it."""
    if editor:
        from codekiln.apps.connect import checked_address
        from codekiln.apps.connect.reachable import diagnose_editor
        from codekiln.apps.places import Places

        findings = diagnose_editor(checked_address(address), token, model, Places(), os.environ)
    else:
        from codekiln.pipeline.doctor import diagnose

        findings = diagnose()
    if as_json:
        print_json({"findings": [dataclasses.asdict(finding) for finding in findings]})
    else:
        summary.print_findings(findings)


@app.command()
def recipe(as_json: Json = False) -> None:
    """Print every setting of a recipe with its default and meaning."""
    from codekiln.pipeline.settings import every_setting

    settings = every_setting()
    if as_json:
        print_json({"settings": [dataclasses.asdict(one) for one in settings]})
    else:
        summary.print_settings(settings)
