"""The commands of an index: build one from a corpus, keep one of a folder, ask where a text stands."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from codekiln.cli.options import Json, Work
from codekiln.cli.passages import opened_index, passage_line
from codekiln.cli.terminal import output, print_json, printable, progress_bars

app = typer.Typer(help="Index code, so that a model knows it and says where it has it from.")

Owner = Annotated[
    Path, typer.Option("--model", help="The model whose tokens it is for: a folder, or 'starter'.")
]
STARTER = Path("starter")


@app.command()
def build(
    corpus: Annotated[Path, typer.Argument(help="A corpus, as 'corpus build' printed it.")],
    model: Owner = STARTER,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Index the training split of a corpus."""
    from codekiln.pipeline.index import index_corpus

    with progress_bars():
        made = index_corpus(corpus, model, work)
    if as_json:
        print_json({"artifact": str(made.path), "statistics": made.statistics})
        return
    found = made.statistics
    output.print(
        f"{found['tokens']:,} tokens of {found['documents']:,} files in {found['shards']} shards"
    )
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")


@app.command()
def folder(
    path: Annotated[Path, typer.Argument(help="A folder of code.")],
    model: Owner = STARTER,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Index a working folder, or bring its index up to date: only what changed is read."""
    from codekiln.artifact import open_work
    from codekiln.generate.loading import model_folder
    from codekiln.index.folder import FolderIndex
    from codekiln.tokenizer import Tokenizer

    open_work(work)
    begun = time.perf_counter()
    with progress_bars(), FolderIndex(path, Tokenizer.load(model_folder(model)), work) as index:
        changed = index.refresh()
        found = {
            "folder": str(index.root),
            "changed": changed,
            "tokens": index.index.tokens,
            "seconds": time.perf_counter() - begun,
        }
    if as_json:
        print_json(found)
    else:
        output.print(
            f"{changed:,} files changed, {found['tokens']:,} tokens, {found['seconds']:.2f} s",
            soft_wrap=True,
        )


@app.command()
def trace(
    index: Annotated[Path, typer.Argument(help="An index's folder, or a folder of code.")],
    file: Annotated[Path, typer.Argument(help="The text to look for.")],
    model: Owner = STARTER,
    least: Annotated[int, typer.Option(min=1, help="Characters of the shortest passage.")] = 50,
    allow: Annotated[
        list[str] | None, typer.Option(help="A licence that you accept; others are flagged.")
    ] = None,
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Say which passages of a text stand word for word in an index, and under which licence."""
    from codekiln.apps.complete import read_source
    from codekiln.index.provenance import trace as passages_of

    text = read_source(file)
    with progress_bars(), opened_index(index, model, work) as opened:
        begun = time.perf_counter()
        found = passages_of(text, opened, allow, least)
        milliseconds = 1000 * (time.perf_counter() - begun)
    if as_json:
        plain = [passage.plain(text) for passage in found]
        print_json({"passages": plain, "milliseconds": milliseconds})
        return
    for passage in found:
        output.print(f"[bold]{passage_line(passage)}[/]", soft_wrap=True)
        for line in printable(text[passage.start : passage.end]).split("\n"):
            output.print(f"  │ {escape(line)}", soft_wrap=True)
    covered = sum(passage.end - passage.start for passage in found)
    output.print(
        f"{len(found)} passages, {covered:,} of {len(text):,} characters, {milliseconds:.1f} ms"
    )
