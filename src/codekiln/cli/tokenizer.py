"""The commands of `codekiln tokenizer`: look at a file's tokens, compare vocabularies."""

from pathlib import Path
from typing import Annotated

import typer

from codekiln.cli.options import Json
from codekiln.cli.terminal import print_json

app = typer.Typer(help="Look at tokens and compare tokenizers.", no_args_is_help=True)

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
