"""From a model's folder to a completer: everything is checked before the first token."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import codekiln
from codekiln.artifact import Artifact, open_artifact
from codekiln.device import pick_device, require_torch
from codekiln.errors import UsageError
from codekiln.generate.engine import Engine
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.index import Documents
from codekiln.model.lora import Adapter, read_adapter
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
    index: Documents | None = None,
    kind: EngineKind = "auto",
    weights: Weights = "auto",
    adapters: Mapping[str, Path] | None = None,
) -> EngineCompleter:
    """A model by its folder or name, ready to complete; errors as `load_engine`.

    The open file is mixed in, and so is an `index`. A request may choose one of `adapters` by its name.
    """
    engines = load_engines(model, adapters or {}, kind=kind, weights=weights)
    return EngineCompleter(
        engines.pop(""),
        Tokenizer.load(model_folder(model)),
        index=index,
        mix=True,
        adapters=engines,
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
    return load_engines(model, {}, kind=kind, weights=weights, half=half)[""]


def load_engines(
    model: Path,
    adapters: Mapping[str, Path],
    *,
    kind: EngineKind = "auto",
    weights: Weights = "auto",
    half: bool = False,
) -> dict[str, Engine]:
    """As `load_engine`, and one with each adapter by its name; the base's is "".

    In torch all are in the memory of one base. OpenVINO compiles a network for each, with the adapter
    merged into the weights before they are rounded.

    Raises:
        ModelError: an adapter is missing or damaged, or of another base; and as `load_engine`.
    """
    installed = find_spec("openvino") is not None
    if kind == "torch" or (kind == "auto" and not installed):
        if weights not in ("auto", "f32"):
            raise UsageError(
                f"The engine 'torch' has no weights in {weights}: choose the engine 'openvino'."
            )
        return _load_torch(model, adapters, half)
    if not installed:
        raise UsageError(
            "The engine 'openvino' is not installed: pip install openvino, or choose 'torch'."
        )
    if half:
        raise UsageError("The engine 'openvino' has no half precision: choose weights in int8.")
    return _load_openvino(model, adapters, weights)


def _load_torch(model: Path, adapters: Mapping[str, Path], half: bool) -> dict[str, Engine]:
    require_torch("Running this model")
    from codekiln.generate.torch_engine import TorchEngine
    from codekiln.model.lora.wrap import adapted
    from codekiln.model.weights import load_model

    base = _verified(model)
    plain = load_model(base.path, Tokenizer.load(base.path).fingerprint).to(pick_device())
    models = {"": plain}
    for name, folder in adapters.items():
        models[name] = adapted(plain, read_adapter(folder, base, plain.config))
    return {name: TorchEngine(one, half=half) for name, one in models.items()}


def _load_openvino(
    model: Path, adapters: Mapping[str, Path], weights: Weights
) -> dict[str, Engine]:
    from codekiln.generate.openvino.engine import OpenVinoEngine
    from codekiln.generate.openvino.network import load_network
    from codekiln.model.hugging_face import read_bound_config

    base, kind = _verified(model), "int8" if weights == "auto" else weights
    config = read_bound_config(base.path, Tokenizer.load(base.path).fingerprint)
    found = {name: read_adapter(folder, base, config) for name, folder in adapters.items()}
    changes: dict[str, Adapter | None] = {"": None, **found}
    return {
        name: OpenVinoEngine(load_network(base.path, config, kind, adapter))
        for name, adapter in changes.items()
    }


def _verified(model: Path) -> Artifact:
    base = open_artifact(model_folder(model), "model")
    base.verify()
    return base
