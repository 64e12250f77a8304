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
    rotation = rotary_table(0, T, config, ids.device)
    x = model.embed(ids[None])
    for earlier in model.model.layers[:layer]:
        x = earlier(x, rotation, None, None)
    block = model.model.layers[layer]
    assert isinstance(block, Block)
    query, key, _ = block.self_attn.project(block.input_layernorm(x), rotation)
    key = key.repeat_interleave(config.heads // config.key_value_heads, dim=1)
    scores = (query @ key.transpose(2, 3))[0].float() / math.sqrt(config.head_width)
    if config.causal:
        scores = scores.masked_fill(~lower_right_mask(T, T, ids.device), -math.inf)
    return scores.softmax(-1)
