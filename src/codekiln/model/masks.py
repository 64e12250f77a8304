"""Which keys each query may see: the documents of a packed row, the tokens behind a cache."""

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask

BLOCK = 128  # FlexAttention skips blocks of so many queries and keys
Mask = Tensor | BlockMask


def document_mask(documents: Tensor, *, causal: bool = True) -> Tensor:
    """Within one document: `[B, 1, T, T]` from `[B, T]`, true where a query may see a key."""
    same = documents[:, None, :, None] == documents[:, None, None, :]
    return same.tril() if causal else same


def lower_right_mask(queries: int, keys: int, device: torch.device) -> Tensor:
    """Which of `keys` each of the last `queries` may see: `[queries, keys]`, true where it may."""
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def block_mask(documents: Tensor, *, causal: bool = True) -> Mask:
    """`document_mask` as the blocks that FlexAttention computes, if the rows are made of whole blocks."""
    B, T = documents.shape
    if T % BLOCK:
        return document_mask(documents, causal=causal)

    def visible(b: Tensor, _head: Tensor, q: Tensor, k: Tensor) -> Tensor:
        same = documents[b, q] == documents[b, k]
        return same & (q >= k) if causal else same

    return _block_mask_builder()(visible, B, None, T, T, device=documents.device)


@cache
def _block_mask_builder() -> Callable[..., BlockMask]:
    """Compiled, because otherwise it writes down every pair of tokens first."""
    built: Callable[..., BlockMask] = torch.compile(create_block_mask, dynamic=False)
    return built
