"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
Work = Annotated[Path, typer.Option("--work", help="Folder for everything that is built.")]
Model = Annotated[
    Path, typer.Option("--model", help="A model's folder, as 'run' printed it, or 'starter'.")
]
Runner = Annotated[
    Literal["native", "ray"],
    typer.Option("--runner", help="Where files are cleaned: on this machine, or on Ray."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override a setting: stage.field=value. May be repeated."),
]
