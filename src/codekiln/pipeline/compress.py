"""A finished model with a byte a weight: an artifact like the one it came from, a quarter of its size."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, open_artifact, produce, write_atomically
from codekiln.device import require_torch
from codekiln.generate.loading import model_folder

KEPT = ("config.json", "tokenizer.json", "tokenizer_config.json")


def compress(model: Path, work: Path) -> Artifact:
    """The model in the folder `model`, its matrices in int8 with a scale a row, in the work folder.

    Raises:
        MissingExtraError: torch is not installed.
        ArtifactError, ModelError: the model is damaged.
        DiskError: the disk is full, read-only or failing.
    """
    require_torch("Compressing a model")
    artifact = open_artifact(model_folder(model), "model")
    config = {"weights": "int8"}
    return produce(STAGE, config, {"model": artifact}, work, str(artifact.manifest["name"]))


def _build(_config: Any, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    from codekiln.model.arrays import FILE_NAME
    from codekiln.model.int8 import quantise
    from codekiln.model.weights import load_model, write_tensors
    from codekiln.tokenizer import Tokenizer

    folder = inputs["model"].path
    transformer = load_model(folder, Tokenizer.load(folder).fingerprint)
    write_tensors(out / FILE_NAME, quantise(transformer.state_dict()))
    for name in KEPT:
        if (folder / name).exists():
            write_atomically(out / name, (folder / name).read_bytes())
    return {**inputs["model"].statistics, "weights": "int8"}


STAGE = Stage("model", 1, _build)
