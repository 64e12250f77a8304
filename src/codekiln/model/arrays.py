"""Weights in a model's folder as numpy arrays, without torch, as they are stored there.

`weights` makes a model for torch of them, and `generate.openvino` a graph. The folder holds one of:
`model.safetensors`, that file in parts with an index of them, or `model.gguf`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from codekiln.errors import ModelError
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import damaged

FILE_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
GGUF_NAME = "model.gguf"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
SCALE = ".scale"  # behind the name of a matrix in int8
LARGEST = 127
TYPES: Mapping[str, str] = {"F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "i1"}

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Rows:
    """A matrix in a byte each: row `i` is `values[i] · scale[i]`; `[out, in]` and `[out]`."""

    values: npt.NDArray[np.int8]
    scale: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        """`(out, in)`."""
        return self.values.shape

    def whole(self) -> Floats:
        """The matrix in fp32."""
        return self.values.astype(np.float32) * self.scale[:, None]


def whole(weight: Floats | Rows) -> Floats:
    """The matrix in fp32, however it is stored."""
    return weight.whole() if isinstance(weight, Rows) else weight


def quantise(matrix: Floats) -> Rows:
    """`[out, in]` in a byte a weight, symmetric about zero, each row with a scale of its own."""
    tiny = np.finfo(np.float32).tiny
    scale = np.maximum(np.abs(matrix).max(axis=1), tiny) / np.float32(LARGEST)
    return Rows(np.rint(matrix / scale[:, None]).astype(np.int8), scale)


def read_arrays(folder: Path, config: ModelConfig) -> dict[str, Floats | Rows]:
    """All weights of a model in fp32, matrices that are stored in int8 as `Rows`.

    Left out are the copies that a tied output layer or old tables of positions are. What is stored in
    fp32 or int8 stays on the disk until it is looked at; what is written to it is not kept.

    Raises:
        ModelError: they are missing, pickled, damaged or of a type that we do not read.
        MissingExtraError: they are in GGUF, and the package that reads it is not installed.
    """
    if (folder / GGUF_NAME).exists():
        from codekiln.model.gguf import read_weights

        return dict(read_weights(folder / GGUF_NAME, config))
    stored: dict[str, npt.NDArray[Any]] = {}
    for path in weight_files(folder):
        for name, array in stored_arrays(path):
            copied = name == "lm_head.weight" and config.tied
            if not copied and not name.endswith(".rotary_emb.inv_freq"):
                stored[name] = array
    scales = {name: stored.pop(name) for name in list(stored) if name.endswith(SCALE)}
    try:
        return {
            name: Rows(array, scales[name + SCALE]) if array.dtype == np.int8 else array
            for name, array in stored.items()
        }
    except KeyError as error:
        raise ModelError(f"The weights in {folder} lack {error}: fetch the model again.") from None


def check_fit(
    folder: Path,
    weights: Mapping[str, Floats | Rows],
    wanted: Mapping[str, tuple[int, ...]],
) -> None:
    """Raises ModelError unless the weights read from `folder` have the names and shapes wanted."""
    misfit = next(_misfits(weights, wanted), None)
    if misfit:
        raise ModelError(
            f"The weights in {folder} do not fit its configuration ({misfit}): train or fetch the "
            "model again."
        )


def shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a causal model's weights."""
    width = config.width
    queries, keys = config.heads * config.head_width, config.key_value_heads * config.head_width
    outputs = {"q": queries, "k": keys, "v": keys}
    layer: dict[str, tuple[int, ...]] = {
        "input_layernorm.weight": (width,),
        "post_attention_layernorm.weight": (width,),
        "self_attn.o_proj.weight": (width, queries),
        "mlp.gate_proj.weight": (config.hidden, width),
        "mlp.up_proj.weight": (config.hidden, width),
        "mlp.down_proj.weight": (width, config.hidden),
    }
    for kind, rows in outputs.items():
        layer[f"self_attn.{kind}_proj.weight"] = (rows, width)
        if config.attention_bias:
            layer[f"self_attn.{kind}_proj.bias"] = (rows,)
        if config.qk_norm and kind != "v":
            layer[f"self_attn.{kind}_norm.weight"] = (config.head_width,)
    table = (config.vocabulary, width)
    return {
        "model.embed_tokens.weight": table,
        "model.norm.weight": (width,),
        **({} if config.tied else {"lm_head.weight": table}),
        **{
            f"model.layers.{number}.{name}": shape
            for number in range(config.layers)
            for name, shape in layer.items()
        },
    }


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


def stored_arrays(path: Path) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Names and arrays of a safetensors file: int8 as it is, all else in fp32.

    Raises:
        ModelError: the file is missing, cut short or altered, or has another type in it.
    """
    try:
        with safe_open(path, framework="np"):  # checks the header and every offset in it
            data = np.memmap(path, np.uint8, "c")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing: give the folder of a finished model.") from None
    except SafetensorError as error:
        raise damaged(path, error) from None
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:start].tobytes())
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] not in TYPES:
            raise ModelError(
                f"{path} holds weights of type {entry['dtype']}, and codekiln reads fp32, fp16, bf16 "
                "and its own int8: take the model in one of these."
            )
        begin, end = (start + offset for offset in entry["data_offsets"])
        plain = data[begin:end].view(TYPES[entry["dtype"]]).reshape(entry["shape"])
        yield name, _in_fp32(plain)


def _in_fp32(plain: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if plain.dtype == np.uint16:  # bf16 is the upper half of fp32
        return (plain.astype(np.uint32) << 16).view(np.float32)
    return plain if plain.dtype == np.int8 else plain.astype(np.float32, copy=False)


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


def _misfits(
    weights: Mapping[str, Floats | Rows], wanted: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    """In what the weights are not those wanted."""
    for name, shape in wanted.items():
        if name not in weights:
            yield f"{name} is missing"
        elif weights[name].shape != shape:
            yield f"{name} is {list(weights[name].shape)} and should be {list(shape)}"
    yield from (f"{name} is not of this model" for name in weights if name not in wanted)
