"""Attention of whole sequences on the processor: blockwise against torch's fused kernel."""

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.pairs import ratio
from codekiln.model.blockwise import blockwise

SHAPES = ((8, 2, 256), (4, 3, 512), (4, 6, 1024))  # rows, heads, length
HEAD_WIDTH = 64


def run() -> dict[str, list[dict[str, str]]]:
    """How many times faster, forward and backward."""
    types = (torch.bfloat16, torch.float32)
    return {"forward and backward": [_compare(*shape, d) for shape in SHAPES for d in types]}


def _compare(rows: int, heads: int, length: int, dtype: torch.dtype) -> dict[str, str]:
    query, key, value = (
        torch.randn(rows, heads, length, HEAD_WIDTH, dtype=dtype, requires_grad=True)
        for _ in range(3)
    )

    def fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, is_causal=True)

    seconds, faster = ratio(
        lambda: blockwise(query, key, value, None).sum().backward(),
        lambda: fused(query, key, value).sum().backward(),
        times=15,
    )
    shape = f"{rows}x{heads}x{length}x{HEAD_WIDTH}"
    return {
        "shape": shape,
        "type": str(dtype).removeprefix("torch."),
        "ms": f"{1000 * seconds:.1f}",
        "against fused": f"{faster:.2f}x",
    }
