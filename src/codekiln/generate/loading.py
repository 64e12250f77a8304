"""From a model's folder to a completer: everything is checked before the first token."""

from pathlib import Path

from codekiln.artifact import open_artifact
from codekiln.device import pick_device, require_torch
from codekiln.generate.completer import EngineCompleter
from codekiln.generate.engine import Engine
from codekiln.tokenizer import Tokenizer


def load_completer(folder: Path) -> EngineCompleter:
    """The model that `codekiln run` left in `folder`, ready to complete; errors as `load_engine`."""
    return EngineCompleter(load_engine(folder), Tokenizer.load(folder))


def load_engine(folder: Path, *, half: bool = False) -> Engine:
    """The reference engine for the model in `folder`; `half` computes in bf16.

    Raises:
        MissingExtraError: torch, which the reference engine needs, is not installed.
        ArtifactError: the folder is no finished model, or a file in it is damaged.
        ModelError: the weights fit neither their configuration nor the tokenizer beside them.
    """
    require_torch("Running this model")
    from codekiln.generate.torch_engine import TorchEngine
    from codekiln.model.weights import load_model

    open_artifact(folder, "model").verify()
    tokenizer = Tokenizer.load(folder)
    model = load_model(folder, tokenizer.fingerprint).to(pick_device())
    return TorchEngine(model, half=half)
