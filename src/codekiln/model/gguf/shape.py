"""The shape of a model in the metadata of a GGUF file."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from codekiln.errors import ModelError
from codekiln.model.config import ModelConfig, RopeScaling
from codekiln.model.gguf.container import Gguf
from codekiln.model.gguf.tensors import ROPE_FACTORS
from codekiln.model.hugging_face import FAMILIES

# GGUF has the factors alone, not the numbers they follow from: those of Llama 3.1 and of 3.2.
PUBLISHED_SCALINGS = tuple(
    RopeScaling(factor=factor, low=1.0, high=4.0, original_context=8192) for factor in (8.0, 32.0)
)


def config_of(file: Gguf) -> ModelConfig:
    """The shape of the model in a file.

    Raises:
        ModelError: it is of a family that we do not compute, or its metadata make no sense.
    """
    try:
        refused = next(_not_computed(file), None)
        if refused is None:
            config = _config(file)
            config.check()
            return config
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        raise ModelError(
            f"{file.path} is damaged (its metadata: {error!r}): fetch it again."
        ) from None
    raise ModelError(f"{file.path} asks for {refused}: take another model.")


def metadata_of(config: ModelConfig) -> dict[str, Any]:
    """The same shape as entries of a file, by their names without that of the family."""
    return {
        "context_length": config.context,
        "embedding_length": config.width,
        "block_count": config.layers,
        "feed_forward_length": config.hidden,
        "attention.head_count": config.heads,
        "attention.head_count_kv": config.key_value_heads,
        "attention.key_length": config.head_width,
        "attention.value_length": config.head_width,
        "attention.layer_norm_rms_epsilon": config.norm_epsilon,
        "rope.dimension_count": config.head_width,
        "rope.freq_base": config.rope_base,
        "vocab_size": config.vocabulary,
    }


def _config(file: Gguf) -> ModelConfig:
    family = file.metadata["general.architecture"]
    said = _said(file, family)
    width, heads = said["embedding_length"], said["attention.head_count"]
    plain = ModelConfig(
        vocabulary=file.tensors["token_embd.weight"].shape[0],
        context=said["context_length"],
        layers=said["block_count"],
        width=width,
        heads=heads,
        key_value_heads=said.get("attention.head_count_kv", heads),
        hidden=said["feed_forward_length"],
        head_width=said.get("attention.key_length", width // heads),
        rope_base=_short(said.get("rope.freq_base", 10_000.0)),
        norm_epsilon=_short(said["attention.layer_norm_rms_epsilon"]),
        qk_norm=FAMILIES[family].qk_norm,
        attention_bias=FAMILIES[family].attention_bias,
        tied="output.weight" not in file.tensors,
    )
    return plain if ROPE_FACTORS not in file.tensors else _scaled(file, plain)


def _scaled(file: Gguf, plain: ModelConfig) -> ModelConfig:
    import torch

    from codekiln.model.rotary import slowing, unscaled_frequencies

    factors = torch.from_numpy(file.tensors[ROPE_FACTORS].values())
    unscaled = unscaled_frequencies(plain, torch.device("cpu"))
    for scaling in PUBLISHED_SCALINGS:
        expected = slowing(unscaled, scaling)
        if factors.shape == expected.shape and torch.allclose(factors, expected, rtol=1e-4):
            return replace(plain, rope_scaling=scaling)
    raise ValueError("factors of rotary positions that are not Llama 3's")


def _said(file: Gguf, family: str) -> dict[str, Any]:
    """The entries about the family's shape, by their names without it."""
    start = f"{family}."
    return {
        name.removeprefix(start): value
        for name, value in file.metadata.items()
        if name.startswith(start)
    }


def _short(number: float) -> float:
    """A number that the file has in single precision, in the fewest digits that name it there.

    >>> _short(9.999999747378752e-06)
    1e-05
    """
    return float(str(np.float32(number)))


def _not_computed(file: Gguf) -> Iterator[str]:
    """What would make our logits others than the model's own."""
    family = file.metadata["general.architecture"]
    if family not in FAMILIES:
        yield f"a model of type '{family}', and codekiln computes {', '.join(FAMILIES)}"
    said = _said(file, family)
    if said.get("expert_count"):
        yield "a mixture of experts, and codekiln computes one feed-forward layer"
    if said.get("attention.sliding_window"):
        yield "attention in a sliding window, and codekiln computes full attention"
    if said.get("rope.scaling.type", "none") != "none":
        yield f"rotary positions of type '{said['rope.scaling.type']}', and codekiln computes Llama's"
    head_width = said.get("attention.key_length")
    head_width = head_width or said["embedding_length"] // said["attention.head_count"]
    turned = said.get("rope.dimension_count", head_width)
    if (turned, said.get("attention.value_length", head_width)) != (head_width, head_width):
        yield "heads of several widths, and codekiln has one"
