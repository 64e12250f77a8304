"""The names of tensors in GGUF and with us, and the one thing that is stored otherwise there."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from codekiln.model.config import ModelConfig
from codekiln.model.gguf.container import read_gguf
from codekiln.model.hugging_face import family_of

Floats = npt.NDArray[np.float32]

ROPE_FACTORS = "rope_freqs.weight"  # no weights: by how much Llama 3 slows each pair down

OUTSIDE = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
IN_A_LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_THEIRS = {ours: theirs for theirs, ours in {**OUTSIDE, **IN_A_LAYER}.items()}


def our_name(name: str) -> str:
    """With us the name of a GGUF tensor; the same name where we have none.

    >>> our_name("blk.3.attn_q.weight"), our_name("output.weight")
    ('model.layers.3.self_attn.q_proj.weight', 'lm_head.weight')
    """
    layer = re.fullmatch(r"blk\.(\d+)\.(\w+)\.(weight|bias)", name)
    if layer and layer[2] in IN_A_LAYER:
        return f"model.layers.{layer[1]}.{IN_A_LAYER[layer[2]]}.{layer[3]}"
    part, _, kind = name.rpartition(".")
    return f"{OUTSIDE[part]}.{kind}" if part in OUTSIDE else name


def their_name(name: str) -> str:
    """In GGUF the name of one of our weights.

    >>> their_name("model.layers.3.self_attn.q_proj.weight"), their_name("model.norm.weight")
    ('blk.3.attn_q.weight', 'output_norm.weight')
    """
    part, _, kind = name.rpartition(".")
    layer = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", part)
    return f"blk.{layer[1]}.{_THEIRS[layer[2]]}.{kind}" if layer else f"{_THEIRS[part]}.{kind}"


def read_weights(path: Path, config: ModelConfig) -> dict[str, Floats]:
    """All weights of a file in fp32, by our names.

    Raises:
        ModelError: the file is missing or damaged, or has tensors of a type that we do not read.
        MissingExtraError: the package `gguf` is not installed.
    """
    weights = {}
    for name, stored in read_gguf(path).tensors.items():
        if name != ROPE_FACTORS:
            values = stored.values()
            heads = _rearranged_heads(name, config)
            weights[our_name(name)] = halves(values, heads) if heads else values
    return weights


def stored_form(name: str, values: Floats, config: ModelConfig) -> Floats:
    """One of our weights as GGUF has it, by its GGUF name."""
    heads = _rearranged_heads(name, config)
    return neighbours(values, heads) if heads else values


def _rearranged_heads(name: str, config: ModelConfig) -> int:
    """Heads of a matrix whose rows stand in another order there, or else 0.

    Rotary positions turn pairs. In Llama's own code, and so in GGUF of that family, a pair is two
    neighbours; in Hugging Face's it is one row of the head's first half and one of its second.
    """
    if family_of(config) != "llama":
        return 0
    heads = {"attn_q": config.heads, "attn_k": config.key_value_heads}
    return heads.get(name.split(".")[-2], 0)


def halves(values: Floats, heads: int) -> Floats:
    """The rows of each head from pairs of neighbours to pairs across the halves.

    >>> halves(np.float32([0, 10, 1, 11]), heads=1).tolist()
    [0.0, 1.0, 10.0, 11.0]
    """
    pairs = values.reshape(heads, -1, 2, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)


def neighbours(values: Floats, heads: int) -> Floats:
    """The other way round.

    >>> neighbours(np.float32([0, 1, 10, 11]), heads=1).tolist()
    [0.0, 10.0, 1.0, 11.0]
    """
    pairs = values.reshape(heads, 2, -1, *values.shape[1:])
    return pairs.swapaxes(1, 2).reshape(values.shape)
