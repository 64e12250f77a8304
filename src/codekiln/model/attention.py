"""Scaled dot-product attention: which way it is computed where, always with the same result.

A whole sequence in bf16 on the processor goes through `blockwise`, which takes less time than torch's
fused kernel (`bench/attention.py`); in fp32 nothing is gained. A mask in blocks goes through
FlexAttention (Dong et al. 2024), which only makes sense compiled; everything else through the fused kernel.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, flex_attention

from codekiln.model.blockwise import blockwise
from codekiln.model.masks import Mask


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Mask | None, *, causal: bool = True
) -> Tensor:
    """softmax(Q Kᵀ / √D) V for `query [B, H, T, D]`, `key` and `value` `[B, G, S, D]`, G dividing H.

    `mask` (broadcastable to `[B, H, T, S]`) is true where a query may see a key. None means that a query
    sees what is not behind it when `causal` and T = S, and everything otherwise.
    """
    groups = query.shape[1] // key.shape[1]
    if isinstance(mask, BlockMask):
        seen = flex_attention(query, key, value, block_mask=mask, enable_gqa=groups > 1)
        assert isinstance(seen, Tensor)
        return seen
    whole = query.shape[2] == key.shape[2] and query.shape[2] > 1
    if whole and query.device.type == "cpu" and query.dtype == torch.bfloat16:
        return blockwise(query, key, value, mask, causal=causal)
    if groups > 1:
        key, value = (tensor.repeat_interleave(groups, dim=1) for tensor in (key, value))
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=mask is None and whole and causal
    )
