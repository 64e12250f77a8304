"""The commands that take models in and give them out."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from codekiln.cli.options import Json, Work
from codekiln.cli.terminal import amount, output, print_json, progress_bars
from codekiln.pipeline.export import Format, GgufType
from codekiln.tokenizer.special import FIM_MIDDLE, FIM_PREFIX, FIM_SUFFIX

Chosen = Annotated[
    Path, typer.Argument(help="A model's folder, as 'run' or 'pull' printed it, or 'starter'.")
]
NAME = r"A known name, OWNER/MODEL\[@REVISION] of the Hugging Face hub, or a path."


def pull(
    model: Annotated[str, typer.Argument(help=NAME)],
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Take in a model that was trained elsewhere, checked by hash; safetensors and GGUF alone."""
    from codekiln.pipeline.pull import pull as pull_model

    with progress_bars():
        made = pull_model(model, work)
    if as_json:
        print_json(
            {
                "artifact": str(made.path),
                "sources": made.manifest["sources"],
                "statistics": made.statistics,
            }
        )
        return
    found = made.statistics
    licence = f", licence {found['licence']}" if found["licence"] else ""
    output.print(f"{found['parameters']:,} parameters, family {found['family']}{escape(licence)}")
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")


def extend(
    model: Chosen,
    tokens: Annotated[
        list[str], typer.Option("--token", help="One that it is to have; default: for filling in.")
    ] = [FIM_PREFIX, FIM_MIDDLE, FIM_SUFFIX],  # noqa: B006 - Typer wants a list, and copies it
    work: Work = Path("work"),
    as_json: Json = False,
) -> None:
    """Give a model special tokens that it lacks, which tuning can then teach it (tuning.tokens)."""
    from codekiln.artifact import open_artifact
    from codekiln.device import require_torch
    from codekiln.generate.loading import model_folder
    from codekiln.pipeline.extend import extend as extend_model

    require_torch("Extending a model")
    made = extend_model(open_artifact(model_folder(model), "model"), tokens, work)
    if as_json:
        print_json({"artifact": str(made.path), "statistics": made.statistics})
        return
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")


def export(
    model: Chosen,
    out: Annotated[Path, typer.Argument(help="The folder or file to write.")],
    form: Annotated[
        Format, typer.Option("--format", help="A Hugging Face folder, or a file of llama.cpp.")
    ],
    kind: Annotated[
        GgufType | None, typer.Option("--type", help="Of the matrices in GGUF; default f16.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a model for transformers and vLLM (hf), or for llama.cpp and Ollama (gguf)."""
    from codekiln.pipeline.export import export as export_model

    made = export_model(model, out, form, kind)
    if as_json:
        print_json(dataclasses.asdict(made))
        return
    size = amount(made.bytes, "bytes")
    output.print(f"{made.parameters:,} parameters in {made.type}, {size}")
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")


def compress(model: Chosen, work: Work = Path("work"), as_json: Json = False) -> None:
    """Make of a model one whose weights take a byte each, a quarter of the size."""
    from codekiln.pipeline.compress import compress as compress_model

    made = compress_model(model, work)
    size = sum(entry["bytes"] for entry in made.manifest["files"].values())
    if as_json:
        print_json({"artifact": str(made.path), "bytes": size, "statistics": made.statistics})
        return
    output.print(f"{made.statistics['parameters']:,} parameters in int8, {amount(size, 'bytes')}")
    output.print(f"  {made.path}", markup=False, soft_wrap=True, style="cyan")
