"""The options of `codekiln complete`: where, how much, how it is chosen, and who answers."""

from pathlib import Path
from typing import Annotated

import typer

from codekiln.generate.loading import EngineKind
from codekiln.generate.loading import Weights as WeightsKind

File = Annotated[Path | None, typer.Argument(help="The file to complete in; none reads stdin.")]
Line = Annotated[int | None, typer.Option(help="Line, from 1.")]
Column = Annotated[int | None, typer.Option(help="Column, from 1; none: the end.")]
PrefixFile = Annotated[Path | None, typer.Option(help="The text before the cursor.")]
SuffixFile = Annotated[Path | None, typer.Option(help="The text after the cursor.")]
ToldPath = Annotated[
    str, typer.Option(help="Path to tell the model; default: FILE in its repository.")
]
Repository = Annotated[str, typer.Option(help="Repository to tell the model.")]
PromptTokens = Annotated[int | None, typer.Option(help="Most tokens to read.")]
ContextTokens = Annotated[
    int, typer.Option(min=0, help="Most tokens of other files to show the model.")
]

Lines = Annotated[
    int | None, typer.Option(min=0, help="Lines to write, by default 1; 0: as many as it likes.")
]
Block = Annotated[bool, typer.Option("--block", help="Write to the end of the block.")]
MaxTokens = Annotated[int, typer.Option(help="Most tokens to write.")]
Stop = Annotated[list[str] | None, typer.Option(help="End before this text.")]
Deadline = Annotated[float | None, typer.Option(help="Milliseconds until it must end.")]
Raw = Annotated[bool, typer.Option("--raw", help="As the model writes it, not verified.")]

Beams = Annotated[
    int | None, typer.Option(min=2, help="Search so wide for the likeliest answer as a whole.")
]
BestOf = Annotated[
    int | None, typer.Option(min=2, help="Sample so many answers, show the best that parses.")
]
Schema = Annotated[Path | None, typer.Option(help="A JSON schema that the answer must fit.")]
Temperature = Annotated[float, typer.Option(help="0 takes the likeliest token.")]
TopK = Annotated[int | None, typer.Option(help="Only the k likeliest.")]
TopP = Annotated[float | None, typer.Option(help="Only the likeliest of mass p.")]
MinP = Annotated[float | None, typer.Option(help="Only p times the likeliest.")]
RepetitionPenalty = Annotated[float | None, typer.Option(help="Above 1 repeats less.")]
Seed = Annotated[int, typer.Option(help="Seed of the sampling.")]

Known = Annotated[
    Path | None,
    typer.Option(
        "--index", help="An index's folder, or a folder of code to index; adapts the model to it."
    ),
]
Adapter = Annotated[Path | None, typer.Option(help="An adapter's folder, as 'tune' printed it.")]
Engine = Annotated[EngineKind, typer.Option(help="What computes.")]
Weights = Annotated[WeightsKind, typer.Option(help="How exact the weights are.")]
Server = Annotated[
    str | None, typer.Option(help="A server's address, whose model answers instead.")
]
ServerModel = Annotated[str | None, typer.Option(help="Which model of the server.")]
ServerTemplate = Annotated[
    str | None, typer.Option("--template", help="How the server's model is prompted.")
]
