"""From a model's folder to a completer: everything is checked before the first token."""

from pathlib import Path

import codekiln
from codekiln.artifact import open_artifact
from codekiln.device import pick_device, require_torch
from codekiln.generate.engine import Engine
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.tokenizer import Tokenizer

STARTER = "starter"


def model_folder(name: Path) -> Path:
    """Where a model lies: a folder, or, by the name `starter`, the model inside this package."""
    if str(name) == STARTER and not name.exists():
        return Path(codekiln.__file__).parent / STARTER
    return name


def load_completer(model: Path) -> EngineCompleter:
    """A model by its folder or name, ready to complete; errors as `load_engine`."""
    return EngineCompleter(load_engine(model), Tokenizer.load(model_folder(model)))


def load_engine(model: Path, *, half: bool = False) -> Engine:
    """The reference engine for a model by its folder or name; `half` computes in bf16.

    Raises:
        MissingExtraError: torch, which the reference engine needs, is not installed.
        ArtifactError: the folder is no finished model, or a file in it is damaged.
        ModelError: the weights fit neither their configuration nor the tokenizer beside them.
    """
    require_torch("Running this model")
    from codekiln.generate.torch_engine import TorchEngine
    from codekiln.model.weights import load_model

    folder = model_folder(model)
    open_artifact(folder, "model").verify()
    weights = load_model(folder, Tokenizer.load(folder).fingerprint)
    return TorchEngine(weights.to(pick_device()), half=half)
