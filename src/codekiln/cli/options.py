"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
Work = Annotated[Path, typer.Option("--work", help="Folder for everything that is built.")]
Model = Annotated[Path, typer.Option("--model", help="A model's folder, as 'run' printed it.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a setting: stage.field=value. May be repeated."),
]
