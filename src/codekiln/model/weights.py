"""Weights in and out: a folder with `model.safetensors` and `config.json`, as Hugging Face lays it out."""

import json
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from codekiln.artifact import write_atomically
from codekiln.errors import ModelError
from codekiln.model.config import FILE_NAME as CONFIG_NAME
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer

FILE_NAME = "model.safetensors"
TOKENIZER_KEY = "tokenizer_sha256"


def write_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write a safetensors file so that it is seen whole or not at all."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    write_atomically(path, safetensors.torch.save(plain, metadata={"format": "pt"}))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file into memory.

    Raises:
        ModelError: it is missing, cut short or altered.
    """
    try:
        return safetensors.torch.load(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: give the folder of a finished model.") from None
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}): train the model again.") from None


def save_model(folder: Path, model: Transformer, end: int, tokenizer_sha256: str) -> None:
    """Write weights and configuration; the latter binds the model to its tokenizer."""
    write_tensors(folder / FILE_NAME, model.state_dict())
    entries = model.config.to_hugging_face(end) | {TOKENIZER_KEY: tokenizer_sha256}
    write_atomically(folder / CONFIG_NAME, json.dumps(entries, indent=1).encode())


def load_model(folder: Path, tokenizer_sha256: str) -> Transformer:
    """The model in a folder, in evaluation mode, in fp32.

    Raises:
        ModelError: something is missing or damaged, or it was trained with another tokenizer.
    """
    config = ModelConfig.from_folder(folder)
    entries = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    if entries.get(TOKENIZER_KEY) != tokenizer_sha256:
        raise ModelError(f"The model in {folder} was trained with another tokenizer: use its own.")
    with torch.device("meta"):
        model = Transformer(config)
    try:
        model.load_state_dict(read_tensors(folder / FILE_NAME), assign=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip()
        raise ModelError(
            f"The weights in {folder} do not fit its configuration ({first}): train the model again."
        ) from None
    return model.eval()
