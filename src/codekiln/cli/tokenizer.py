"""The commands of `codekiln tokenizer`: look at a file's tokens, compare vocabularies."""

from pathlib import Path
from typing import Annotated

import typer

from codekiln.cli.options import Json
from codekiln.cli.terminal import print_json, progress_bars

app = typer.Typer(help="Look at tokens and compare tokenizers.", no_args_is_help=True)

Corpus = Annotated[Path, typer.Argument(help="A corpus's folder, as 'corpus build' printed it.")]
Folder = typer.Option("--tokenizer", help="A tokenizer's or a model's folder, as 'run' printed it.")


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="A source file.")],
    tokenizer: Annotated[Path, Folder],
    html: Annotated[Path | None, typer.Option("--html", help="Write a page instead.")] = None,
    as_json: Json = False,
) -> None:
    """Print a file's tokens, each with its id and its kind from the grammar of the language."""
    from codekiln.apps.complete import read_source
    from codekiln.cli import tokenizer_summary
    from codekiln.languages import detect
    from codekiln.pipeline.report.tokens import write_token_page
    from codekiln.tokenizer import Tokenizer
    from codekiln.tokenizer.lexical import analyse

    text = read_source(file)
    found = analyse(Tokenizer.load(tokenizer), text, detect(str(file), text))
    if html:
        write_token_page(found, str(file), html)
    if as_json:
        print_json(tokenizer_summary.tokens_as_json(found, file, html))
    elif html:
        tokenizer_summary.print_page(html)
    else:
        tokenizer_summary.print_tokens(found)


@app.command()
def report(
    corpus: Corpus,
    tokenizers: Annotated[
        list[Path] | None,
        typer.Option("--tokenizer", help="A tokenizer's or a model's folder. May be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write a page here too.")] = None,
    as_json: Json = False,
) -> None:
    """Compare tokenizers with those of GPT-4o and GPT-4, on the held-out files of a corpus."""
    from codekiln.artifact import open_artifact
    from codekiln.cli import tokenizer_summary
    from codekiln.corpus import STAGE
    from codekiln.evaluate.tokenization import compare
    from codekiln.pipeline.report.vocabularies import write_vocabulary_page
    from codekiln.tokenizer import Tokenizer
    from codekiln.tokenizer.peers import Vocabulary, openai_vocabularies

    folders = [folder.resolve() for folder in tokenizers or ()]
    ours: dict[str, Vocabulary] = {folder.name: Tokenizer.load(folder) for folder in folders}
    vocabularies = ours | openai_vocabularies()
    artifact = open_artifact(corpus, STAGE.name)
    with progress_bars():
        rows = compare(artifact, vocabularies)
    sizes = {name: vocabulary.vocabulary_size for name, vocabulary in vocabularies.items()}
    if out:
        write_vocabulary_page(artifact, sizes, rows, out)
    if as_json:
        print_json(tokenizer_summary.comparison_as_json(sizes, rows, out))
    else:
        tokenizer_summary.print_comparison(sizes, rows, out)
