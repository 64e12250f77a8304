"""What each token looks at, as numbers: the attention of one layer multiplied out, for a page to show.

The fused kernels of `attention` never have these weights.
"""

import math

import torch
from torch import Tensor

from codekiln.model.masks import lower_right_mask
from codekiln.model.rotary import rotary_table
from codekiln.model.transformer import Block, Transformer


@torch.inference_mode()
def attention_weights(model: Transformer, ids: Tensor, layer: int) -> Tensor:
    """softmax(Q Kᵀ / √D) of one layer, counted from 0: `[H, T, T]` for `ids [T]`; rows sum to 1."""
    config, T = model.config, len(ids)
    block = model.model.layers[layer]
    assert isinstance(block, Block)
    x = block.input_layernorm(_entering(model, block, ids))
    query, key, _ = block.self_attn.project(x, rotary_table(0, T, config, x.device))
    key = key.repeat_interleave(config.heads // config.key_value_heads, dim=1)
    scores = (query @ key.transpose(2, 3))[0].float() / math.sqrt(config.head_width)
    if config.causal:
        scores = scores.masked_fill(~lower_right_mask(T, T, ids.device), -math.inf)
    return scores.softmax(-1)


def _entering(model: Transformer, block: Block, ids: Tensor) -> Tensor:
    """The stream `[1, T, C]` as it enters a layer."""
    seen: list[Tensor] = []
    handle = block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    try:
        model(ids[None])
    finally:
        handle.remove()
    return seen[0]
