"""From a model's folder to a completer: everything is checked before the first token."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import codekiln
from codekiln.artifact import open_artifact
from codekiln.device import pick_device, require_torch
from codekiln.errors import UsageError
from codekiln.generate.engine import Engine
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.index import Matcher
from codekiln.tokenizer import Tokenizer

STARTER = "starter"

EngineKind = Literal["auto", "torch", "openvino"]
Weights = Literal["auto", "f32", "int8", "int4"]


def model_folder(name: Path) -> Path:
    """Where a model lies: a folder, or, by the name `starter`, the model inside this package."""
    if str(name) == STARTER and not name.exists():
        return Path(codekiln.__file__).parent / STARTER
    return name


def load_completer(
    model: Path,
    *,
    index: Matcher | None = None,
    kind: EngineKind = "auto",
    weights: Weights = "auto",
) -> EngineCompleter:
    """A model by its folder or name, ready to complete; errors as `load_engine`.

    The open file is mixed in, and so is an `index`.
    """
    return EngineCompleter(
        load_engine(model, kind=kind, weights=weights),
        Tokenizer.load(model_folder(model)),
        index=index,
        mix=True,
    )


def load_engine(
    model: Path, *, kind: EngineKind = "auto", weights: Weights = "auto", half: bool = False
) -> Engine:
    """An engine for a model by its folder or name.

    `auto` is OpenVINO with weights in int8, and without that package torch, the reference, which
    computes in fp32 or, with `half`, in bf16, and has no other weights.

    Raises:
        UsageError: the engine is not installed, or cannot do what is asked.
        MissingExtraError: torch, which the reference engine needs, is not installed.
        ArtifactError: the folder is no finished model, or a file in it is damaged.
        ModelError: the weights fit neither their configuration nor the tokenizer beside them.
    """
    installed = find_spec("openvino") is not None
    if kind == "torch" or (kind == "auto" and not installed):
        if weights not in ("auto", "f32"):
            raise UsageError(
                f"The engine 'torch' has no weights in {weights}: choose the engine 'openvino'."
            )
        return _load_torch(model, half)
    if not installed:
        raise UsageError(
            "The engine 'openvino' is not installed: pip install openvino, or choose 'torch'."
        )
    if half:
        raise UsageError("The engine 'openvino' has no half precision: choose weights in int8.")
    return _load_openvino(model, weights)


def _load_torch(model: Path, half: bool) -> Engine:
    require_torch("Running this model")
    from codekiln.generate.torch_engine import TorchEngine
    from codekiln.model.weights import load_model

    folder = model_folder(model)
    open_artifact(folder, "model").verify()
    found = load_model(folder, Tokenizer.load(folder).fingerprint)
    return TorchEngine(found.to(pick_device()), half=half)


def _load_openvino(model: Path, weights: Weights) -> Engine:
    from codekiln.generate.openvino.engine import OpenVinoEngine, load_network
    from codekiln.model.hugging_face import read_bound_config

    folder = model_folder(model)
    open_artifact(folder, "model").verify()
    config = read_bound_config(folder, Tokenizer.load(folder).fingerprint)
    return OpenVinoEngine(load_network(folder, config, "int8" if weights == "auto" else weights))
