"""Weights in and out of a model's folder, as Hugging Face lays it out; never pickled ones.

The folder holds `config.json` and what `arrays` reads. All are computed in fp32, whatever they are
stored in.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.overrides import TorchFunctionMode

from codekiln.artifact import write_atomically
from codekiln.errors import ModelError
from codekiln.model.arrays import FILE_NAME, Floats, Rows, check_fit, read_arrays
from codekiln.model.bidirectional import new_model
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import FILE_NAME as CONFIG_NAME
from codekiln.model.hugging_face import TOKENIZER_KEY, damaged, read_bound_config, to_hugging_face
from codekiln.model.transformer import Transformer


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file so that it is seen whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, safetensors.torch.save(plain, metadata={"format": "pt"}))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file into memory.

    Raises:
        ModelError: it is missing, cut short or altered.
    """
    try:
        return safetensors.torch.load_file(path)
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: give the folder of a finished model.") from None
    except SafetensorError as error:
        raise damaged(path, error) from None


def save_model(folder: Path, model: Transformer, end: int, tokenizer_sha256: str) -> None:
    """Write weights and configuration; the latter binds the model to its tokenizer."""
    write_tensors(folder / FILE_NAME, model.state_dict())
    write_config(folder, model.config, end, tokenizer_sha256)


def write_arrays(folder: Path, weights: Mapping[str, Floats | Rows]) -> None:
    """Write weights that were read as arrays, in fp32."""
    write_tensors(folder / FILE_NAME, {name: _tensor(found) for name, found in weights.items()})


def write_config(folder: Path, config: ModelConfig, end: int, tokenizer_sha256: str) -> None:
    """Write the configuration, which binds the weights beside it to their tokenizer."""
    entries = to_hugging_face(config, end) | {TOKENIZER_KEY: tokenizer_sha256}
    write_atomically(folder / CONFIG_NAME, json.dumps(entries, indent=1).encode())


def load_model(folder: Path, tokenizer_sha256: str, *, causal: bool = True) -> Transformer:
    """The model in a folder, in evaluation mode, in fp32; without `causal` an encoder is wanted.

    Raises:
        ModelError: something is missing or damaged, it was trained with another tokenizer, or it is
            an encoder where a causal model is wanted, or the other way about.
        MissingExtraError: its weights are in GGUF, and the package that reads them is not installed.
    """
    return assemble(read_bound_config(folder, tokenizer_sha256, causal=causal), folder)


def assemble(config: ModelConfig, folder: Path) -> Transformer:
    """The model of this shape with the weights in a folder, in evaluation mode, in fp32.

    Raises:
        ModelError: the weights are missing, pickled or damaged, or of another shape.
    """
    model = empty_model(config)
    stored = read_arrays(folder, config)
    check_fit(folder, stored, {name: tuple(t.shape) for name, t in model.state_dict().items()})
    model.load_state_dict({name: _tensor(found) for name, found in stored.items()}, assign=True)
    return model.eval()


def empty_model(config: ModelConfig) -> Transformer:
    """A model of this shape without memory for its weights, to be given some."""
    with torch.device("meta"), _Unfilled():
        return new_model(config)


def _tensor(found: Floats | Rows) -> Tensor:
    """In memory of its own, which training may write to."""
    return torch.from_numpy(found.whole() if isinstance(found, Rows) else np.array(found))


class _Unfilled(TorchFunctionMode):
    """Draws no random numbers: for tensors without memory torch would load its compiler to do so (2 s)."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.nn.init.normal_:
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))
