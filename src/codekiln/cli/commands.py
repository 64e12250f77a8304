"""The commands. Each parses, makes one call and hands the answer to `summary`."""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import typer

from codekiln import __version__
from codekiln.cli import corpus, encoder_summary, models, summary, tokenizer, training
from codekiln.cli.options import Json, Model, Runner, Settings, Work
from codekiln.cli.terminal import output, print_json, progress_bars
from codekiln.errors import UsageError

app = typer.Typer(
    help="Turn a folder of source code into a code model that you own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(corpus.app, name="corpus")
app.add_typer(tokenizer.app, name="tokenizer")


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


@app.command()
def complete(
    model: Model,
    file: Annotated[
        Path | None, typer.Argument(help="The file to complete in; none reads stdin.")
    ] = None,
    line: Annotated[int | None, typer.Option(help="Line, from 1.")] = None,
    column: Annotated[int | None, typer.Option(help="Column, from 1; none: the end.")] = None,
    prefix_file: Annotated[Path | None, typer.Option(help="The text before the cursor.")] = None,
    suffix_file: Annotated[Path | None, typer.Option(help="The text after the cursor.")] = None,
    lines: Annotated[int, typer.Option(min=0, help="Lines to write; 0: as many as it likes.")] = 1,
    max_tokens: Annotated[int, typer.Option(help="Most tokens to write.")] = 64,
    temperature: Annotated[float, typer.Option(help="0 takes the likeliest token.")] = 0.0,
    top_k: Annotated[int | None, typer.Option(help="Only the k likeliest.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Only the likeliest of mass p.")] = None,
    min_p: Annotated[float | None, typer.Option(help="Only p times the likeliest.")] = None,
    repetition_penalty: Annotated[float | None, typer.Option(help="Above 1 repeats less.")] = None,
    stop: Annotated[list[str] | None, typer.Option(help="End before this text.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the sampling.")] = 0,
    path: Annotated[
        str, typer.Option(help="Path to tell the model; default: FILE in its repository.")
    ] = "",
    repository: Annotated[str, typer.Option(help="Repository to tell the model.")] = "",
    as_json: Json = False,
) -> None:
    """Write what comes next at a place of a file, or between two texts."""
    from codekiln.apps.complete import path_in_project, read_source, request_at
    from codekiln.generate import CompletionRequest, collect
    from codekiln.generate.loading import load_completer

    request = CompletionRequest(
        "",
        path=path,
        repository=repository,
        max_tokens=max_tokens,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        repetition_penalty=repetition_penalty,
        stop=tuple(stop or ()),
        seed=seed,
        lines=lines or None,
    )
    if file is not None:
        if line is None or prefix_file or suffix_file:
            raise UsageError("With a FILE give --line, and no --prefix-file or --suffix-file.")
        source = read_source(file)
        told = path or path_in_project(file)
        request = request_at(source, line, column, path=told, settings=request)
    else:
        if line is not None or column is not None:
            raise UsageError("--line and --column need a FILE.")
        prefix = read_source(prefix_file) if prefix_file else _standard_input()
        suffix = read_source(suffix_file) if suffix_file else ""
        request = dataclasses.replace(request, prefix=prefix, suffix=suffix)
    completer = load_completer(model)
    if as_json:
        print_json(dataclasses.asdict(collect(completer, request)))
        return
    for chunk in completer.complete(request):
        sys.stdout.write(chunk.text)
        sys.stdout.flush()
    sys.stdout.write("\n")


app.command()(training.pretrain)
app.command()(training.report)
app.command()(models.pull)
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
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what is missing and the line that installs it."""
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


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("The text on stdin is not UTF-8: convert it, say with iconv.") from None
