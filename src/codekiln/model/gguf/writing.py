"""A model as one GGUF file that llama.cpp loads; the package `gguf` quantises and lays it out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from codekiln.artifact import BESIDE, disk_errors
from codekiln.model.config import ModelConfig
from codekiln.model.gguf.container import require_gguf
from codekiln.model.gguf.shape import metadata_of as shape_metadata
from codekiln.model.gguf.tensors import ROPE_FACTORS, Floats, stored_form, their_name
from codekiln.model.gguf.vocabulary import metadata_of as tokenizer_metadata
from codekiln.model.hugging_face import family_of
from codekiln.tokenizer import Tokenizer

if TYPE_CHECKING:
    from codekiln.model.transformer import Transformer

GgufType = Literal["f16", "q8_0", "q4_0"]
BLOCK = 32  # values that share a scale in Q8_0 and Q4_0
TABLES = ("token_embd.weight", "output.weight")


def write_gguf(
    path: Path, model: Transformer, tokenizer: Tokenizer, kind: GgufType, name: str
) -> None:
    """Write `path`, seen whole or not at all; `name` is what programs show for the model.

    Vectors stay in fp32. A matrix whose rows are no whole blocks is in fp16, and at 4 bits the tables
    of tokens, which suffer most, have 8.

    Raises:
        MissingExtraError: the package `gguf` is not installed.
        ModelError: the tokenizer is of a kind that llama.cpp does not know.
        DiskError: the disk is full, read-only or failing.
    """
    require_gguf("Writing a GGUF file")
    from gguf import GGUFWriter, LlamaFileType

    writer = GGUFWriter(None, family_of(model.config))
    writer.add_name(name)
    writer.add_file_type(LlamaFileType[f"MOSTLY_{kind.upper()}"])
    _add_entries(writer, _metadata(model.config, tokenizer))
    for their, tensor in _tensors(model):
        _add_tensor(writer, their, tensor, kind)
    beside = path.with_name(path.name + BESIDE)
    with disk_errors(path):
        try:
            writer.write_header_to_file(beside)
            writer.write_kv_data_to_file()
            writer.write_tensors_to_file()
            writer.close()
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _metadata(config: ModelConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    shape = {f"{family_of(config)}.{key}": value for key, value in shape_metadata(config).items()}
    return shape | tokenizer_metadata(tokenizer, config.vocabulary)


def _add_entries(writer: Any, entries: Mapping[str, Any]) -> None:
    add = {
        bool: writer.add_bool,
        int: writer.add_uint32,
        float: writer.add_float32,
        str: writer.add_string,
        list: writer.add_array,
    }
    for key, value in entries.items():
        add[type(value)](key, value)


def _tensors(model: Transformer) -> list[tuple[str, Floats]]:
    """GGUF's names and the values in its order of rows, in fp32."""
    config = model.config
    found = [
        (name, stored_form(name, tensor.detach().float().cpu().numpy(), config))
        for name, tensor in ((their_name(ours), t) for ours, t in model.state_dict().items())
    ]
    if config.rope_scaling is None:
        return found
    import torch

    from codekiln.model.rotary import slowing, unscaled_frequencies

    plain = unscaled_frequencies(config, torch.device("cpu"))
    return [(ROPE_FACTORS, slowing(plain, config.rope_scaling).numpy()), *found]


def _add_tensor(writer: Any, name: str, values: Floats, kind: GgufType) -> None:
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize

    stored = GGMLQuantizationType[_type_of(name, values, kind)]
    writer.add_tensor(name, quantize(values, stored), raw_dtype=stored)


def _type_of(name: str, values: Floats, kind: GgufType) -> str:
    if values.ndim == 1:
        return "F32"
    if values.shape[1] % BLOCK:
        return "F16"
    return "Q8_0" if kind == "q4_0" and name in TABLES else kind.upper()
