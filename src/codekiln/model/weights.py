"""Weights in and out of a model's folder, as Hugging Face lays it out; never pickled ones.

The folder holds `config.json` and one of: `model.safetensors`, that file in parts with an index of
them, or `model.gguf`. All are computed in fp32, whatever they are stored in.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.overrides import TorchFunctionMode

from codekiln.artifact import write_atomically
from codekiln.errors import ModelError
from codekiln.model.bidirectional import new_model
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import FILE_NAME as CONFIG_NAME
from codekiln.model.hugging_face import damaged, read_config, read_entries, to_hugging_face
from codekiln.model.int8 import restore
from codekiln.model.transformer import Transformer

FILE_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
GGUF_NAME = "model.gguf"
TOKENIZER_KEY = "tokenizer_sha256"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
STORED_AS = (torch.float32, torch.float16, torch.bfloat16, torch.int8)


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write a safetensors file so that it is seen whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, safetensors.torch.save(plain, metadata={"format": "pt"}))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file into memory.

    Raises:
        ModelError: it is missing, cut short or altered.
    """
    return {name: tensor.clone() for name, tensor in _stored(path)}


def save_model(folder: Path, model: Transformer, end: int, tokenizer_sha256: str) -> None:
    """Write weights and configuration; the latter binds the model to its tokenizer."""
    write_tensors(folder / FILE_NAME, model.state_dict())
    write_config(folder, model.config, end, tokenizer_sha256)


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
    config = read_config(folder)
    if read_entries(folder).get(TOKENIZER_KEY) != tokenizer_sha256:
        raise ModelError(f"The model in {folder} was trained with another tokenizer: use its own.")
    if config.causal != causal:
        kinds = ("an encoder", "a causal model")
        found, wanted = kinds[config.causal], kinds[causal]
        raise ModelError(f"The model in {folder} is {found}, and {wanted} is needed: give another.")
    return assemble(config, folder)


def assemble(config: ModelConfig, folder: Path) -> Transformer:
    """The model of this shape with the weights in a folder, in evaluation mode, in fp32.

    Raises:
        ModelError: the weights are missing, pickled or damaged, or of another shape.
    """
    with torch.device("meta"), _Unfilled():
        model = new_model(config)
    weights = _read_weights(folder, config)
    misfit = next(_misfits(weights, model.state_dict()), None)
    if misfit:
        raise ModelError(
            f"The weights in {folder} do not fit its configuration ({misfit}): train or fetch the "
            "model again."
        )
    model.load_state_dict(weights, assign=True)
    return model.eval()


class _Unfilled(TorchFunctionMode):
    """Draws no random numbers: for tensors without memory torch would load its compiler to do so (2 s)."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.nn.init.normal_:
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def _read_weights(folder: Path, config: ModelConfig) -> dict[str, Tensor]:
    """All weights in fp32, without the copies that a tied output layer or old tables of positions are."""
    if (folder / GGUF_NAME).exists():
        from codekiln.model.gguf import read_weights

        return read_weights(folder / GGUF_NAME, config)
    weights = {}
    for path in weight_files(folder):
        for name, tensor in _stored(path):
            if (name == "lm_head.weight" and config.tied) or name.endswith(".rotary_emb.inv_freq"):
                continue
            if tensor.dtype not in STORED_AS:
                raise ModelError(
                    f"{path} holds weights of type {tensor.dtype}, and codekiln reads fp32, fp16, bf16 "
                    "and its own int8: take the model in one of these."
                )
            whole = tensor.dtype == torch.int8
            weights[name] = tensor if whole else tensor.to(torch.float32, copy=True)
    try:
        return restore(weights)
    except KeyError as error:
        raise ModelError(f"The weights in {folder} lack {error}: fetch the model again.") from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that together hold a folder's model.

    Raises:
        ModelError: there are none, or pickled ones alone, or the index of them is damaged.
    """
    if (folder / FILE_NAME).exists():
        return [folder / FILE_NAME]
    if (folder / INDEX_NAME).exists():
        return _parts(folder)
    pickled = sorted(path.name for pattern in PICKLED for path in folder.glob(pattern))
    if pickled:
        raise ModelError(
            f"{folder} has its weights pickled ({pickled[0]}), and to read those is to run a program "
            "hidden in them: take the model as safetensors."
        )
    raise ModelError(f"{folder / FILE_NAME} is missing: give the folder of a finished model.")


def _parts(folder: Path) -> list[Path]:
    """The files that an index names, each a plain name of this folder."""
    path = folder / INDEX_NAME
    try:
        names = sorted(set(json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()))
        if not names or any(Path(name).name != name for name in names):
            raise ValueError("its parts lie elsewhere")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(path, error) from None
    return [folder / name for name in names]


def _stored(path: Path) -> Iterator[tuple[str, Tensor]]:
    """Names and tensors of a safetensors file, one at a time, as they lie there."""
    try:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118 (it is no mapping)
                yield name, file.get_tensor(name)
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: give the folder of a finished model.") from None
    except SafetensorError as error:
        raise damaged(path, error) from None


def _misfits(weights: Mapping[str, Tensor], wanted: Mapping[str, Any]) -> Iterator[str]:
    """In what the weights are not those wanted."""
    for name, place in wanted.items():
        if name not in weights:
            yield f"{name} is missing"
        elif weights[name].shape != place.shape:
            yield f"{name} is {list(weights[name].shape)} and should be {list(place.shape)}"
    yield from (f"{name} is not of this model" for name in weights if name not in wanted)
