"""A finished model in the forms that other programs load: a Hugging Face folder, or one GGUF file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codekiln.artifact import discard, disk_errors, open_artifact
from codekiln.device import require_torch
from codekiln.errors import UsageError
from codekiln.generate.loading import model_folder
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.hugging_face import save_tokenizer

Format = Literal["hf", "gguf"]
GgufType = Literal["f16", "q8_0", "q4_0"]


@dataclass(frozen=True)
class Export:
    """What was written."""

    path: str
    format: Format
    type: str
    parameters: int
    bytes: int


def export(model: Path, out: Path, form: Format, kind: GgufType | None = None) -> Export:
    """Write the model in the folder `model` to `out`, a new folder or file, seen whole or not at all.

    A folder has the weights in fp32; `kind` is that of the matrices in a GGUF file, f16 if it is None.

    Raises:
        UsageError: there is something at `out`, or a `kind` was given for a folder.
        MissingExtraError: torch, or for GGUF the package that writes it, is not installed.
        ArtifactError, ModelError: the model is damaged, an encoder, or has a tokenizer that llama.cpp
            does not know.
        DiskError: the disk is full, read-only or failing.
    """
    if form == "hf" and kind:
        raise UsageError("--type is for --format gguf: a Hugging Face folder has fp32, as trained.")
    if out.exists():
        raise UsageError(f"{out} is there already: remove it, or give another place.")
    require_torch("Exporting a model")
    from codekiln.model.gguf import write_gguf
    from codekiln.model.weights import load_model, save_model

    artifact = open_artifact(model_folder(model), "model")
    artifact.verify()
    tokenizer = Tokenizer.load(artifact.path)
    transformer = load_model(artifact.path, tokenizer.fingerprint)
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        if form == "gguf":
            name = str(artifact.manifest["name"])
            write_gguf(out, transformer, tokenizer, kind or "f16", name)
        else:
            partial = out.with_name(out.name + ".partial")
            discard(partial)
            partial.mkdir()
            theirs = save_tokenizer(partial, tokenizer, transformer.config.context)
            save_model(partial, transformer, theirs.stop, theirs.fingerprint)
            partial.replace(out)
    return Export(
        path=str(out),
        format=form,
        type=kind or ("f16" if form == "gguf" else "f32"),
        parameters=transformer.config.parameters(),
        bytes=sum(path.stat().st_size for path in [out, *out.rglob("*")] if path.is_file()),
    )
