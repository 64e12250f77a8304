"""The commands of `codekiln corpus`: build one, report on it, look into it, compare two."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from codekiln.cli.options import Json, Runner, Settings, Work
from codekiln.cli.terminal import print_json, progress_bars

app = typer.Typer(help="Build a corpus and look into it.", no_args_is_help=True)

Corpus = Annotated[Path, typer.Argument(help="A corpus's folder, as 'build' printed it.")]


@app.command()
def build(
    recipe: Annotated[Path, typer.Argument(help=r"A TOML file with a table \[corpus].")],
    settings: Settings = None,
    work: Work = Path("work"),
    runner: Runner = "native",
    as_json: Json = False,
) -> None:
    """Collect, clean, license and deduplicate all sources; what did not change is not read again."""
    from codekiln.artifact import open_work
    from codekiln.cli import corpus_summary
    from codekiln.corpus import build_corpus
    from codekiln.pipeline.recipe import read_corpus_recipe

    resolved = read_corpus_recipe(recipe, settings or [])
    open_work(work)
    with progress_bars():
        artifact = build_corpus(resolved.corpus, work, resolved.name, runner)
    if as_json:
        print_json({"artifact": str(artifact.path), "statistics": artifact.statistics})
    else:
        corpus_summary.print_build(artifact)


@app.command()
def report(
    corpus: Corpus,
    out: Annotated[Path, typer.Option("--out", help="Where to write it.")] = Path("corpus.html"),
    as_json: Json = False,
) -> None:
    """Write a page of HTML: what came in, what stayed, and samples of what each rule left out."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import corpus_summary
    from codekiln.corpus import STAGE
    from codekiln.pipeline.report.corpus import write_corpus_report

    with progress_bars():
        write_corpus_report(open_artifact(corpus, STAGE.name), out)
    if as_json:
        print_json({"report": str(out)})
    else:
        corpus_summary.print_report(out)


@app.command()
def inspect(
    corpus: Corpus,
    reason: Annotated[str, typer.Option("--reason", help="Why files were left out.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most files to show.")] = 5,
    as_json: Json = False,
) -> None:
    """Count why files were left out, or show some of one reason; copies beside the file that stayed."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import corpus_summary
    from codekiln.corpus import STAGE, reasons, samples

    artifact = open_artifact(corpus, STAGE.name)
    with progress_bars():
        found = samples(artifact, [reason], limit) if reason else []
    if as_json:
        print_json(dataclasses.asdict(found[0]) if found else {"reasons": reasons(artifact)})
    elif found:
        corpus_summary.print_samples(found[0])
    else:
        corpus_summary.print_reasons(reasons(artifact))


@app.command()
def diff(
    before: Corpus,
    after: Annotated[Path, typer.Argument(help="The other corpus's folder.")],
    as_json: Json = False,
) -> None:
    """Say which documents came, went or changed from one corpus to another."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import corpus_summary
    from codekiln.corpus import STAGE, difference

    found = difference(open_artifact(before, STAGE.name), open_artifact(after, STAGE.name))
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        corpus_summary.print_difference(found)
