"""Attention of whole sequences on the processor, a block of queries at a time, with its own gradient.

Two matrix products a block, which skip what lies after it. What autograd would do with the slices,
a tensor of zeros for each and a sum of them all, is done in place.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

BLOCK = 128


def blockwise(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool = True
) -> Tensor:
    """softmax(Q Kᵀ / √D) V for `query [B, H, T, D]`, `key` and `value` `[B, G, T, D]`, G dividing H.

    `mask`, broadcastable to `[B, H, T, T]`, restricts further what a query may see.
    """
    with torch.autocast(query.device.type, enabled=False):
        seen: Tensor = _Blockwise.of(query, key, value, mask, causal)
        return seen


def hide_from_compiler() -> None:
    """To be called before a model is compiled: torch 2.13 makes no numbers of gradients of slices in bf16.

    Not by itself when this is imported, because it takes seconds to load the compiler.
    """
    _Blockwise.of = torch.compiler.disable(_Blockwise.apply)


class _Blockwise(torch.autograd.Function):
    of: ClassVar[Callable[..., Any]]  # `apply`, or what hides it

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, causal: bool
    ) -> Tensor:
        heads = Heads.of(query, key)
        k, v = heads.shared(key), heads.shared(value)
        hidden = None if mask is None else ~mask
        seen = heads.like(query)
        likelihoods = []
        for block in blocks(heads.T, causal):
            scores = heads.scores(heads.queries(query, block), k[:, : block.reach])
            heads.hide(scores, block, hidden, causal)
            likelihoods.append(scores.softmax(dim=-1))
            heads.put(seen, block, torch.bmm(likelihoods[-1], v[:, : block.reach]))
        ctx.heads, ctx.causal = heads, causal
        ctx.save_for_backward(query, k, v, *likelihoods)
        return seen

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        heads, (query, k, v, *likelihoods) = ctx.heads, ctx.saved_tensors
        by_query, by_key, by_value = heads.like(query), torch.zeros_like(k), torch.zeros_like(v)
        for block, likelihood in zip(blocks(heads.T, ctx.causal), likelihoods, strict=True):
            reached = slice(block.reach)
            by_seen = heads.queries(outer[0], block)
            by_value[:, reached].baddbmm_(likelihood.transpose(1, 2), by_seen)
            by_likelihood = torch.bmm(by_seen, v[:, reached].transpose(1, 2))
            by_scores = torch._softmax_backward_data(by_likelihood, likelihood, -1, query.dtype)
            heads.put(by_query, block, heads.scaled(by_scores, k[:, reached]))
            queries = heads.queries(query, block)
            by_key[:, reached].baddbmm_(by_scores.transpose(1, 2), queries, alpha=heads.scale)
        return by_query, heads.apart(by_key), heads.apart(by_value), None, None


_Blockwise.of = _Blockwise.apply


@dataclass(frozen=True)
class Block:
    """Queries `start … stop - 1`, which see keys before `reach`."""

    start: int
    stop: int
    reach: int


def blocks(T: int, causal: bool) -> Iterator[Block]:
    """Those of a sequence."""
    for start in range(0, T, BLOCK):
        stop = min(start + BLOCK, T)
        yield Block(start, stop, stop if causal else T)


@dataclass(frozen=True)
class Heads:
    """The shapes; the H / G queries that share keys stand in one matrix, below each other."""

    B: int
    H: int
    G: int
    T: int
    D: int

    @classmethod
    def of(cls, query: Tensor, key: Tensor) -> "Heads":
        """Of what `blockwise` is given."""
        B, H, T, D = query.shape
        return cls(B, H, key.shape[1], T, D)

    @property
    def scale(self) -> float:
        """1 / √D."""
        return 1 / math.sqrt(self.D)

    def like(self, query: Tensor) -> Tensor:
        """An empty `[B, H, T, D]`, one token's heads side by side in memory, as projections want it."""
        return query.new_empty(self.B, self.T, self.H, self.D).transpose(1, 2)

    def shared(self, key: Tensor) -> Tensor:
        """`[B, G, T, D]` to `[B·G, T, D]`."""
        return key.reshape(self.B * self.G, self.T, self.D)

    def apart(self, shared: Tensor) -> Tensor:
        """Back."""
        return shared.view(self.B, self.G, self.T, self.D)

    def queries(self, whole: Tensor, block: Block) -> Tensor:
        """A block's `[B·G, H/G·t, D]` of `[B, H, T, D]`."""
        part = whole[:, :, block.start : block.stop]
        return part.reshape(self.B * self.G, -1, self.D)

    def put(self, whole: Tensor, block: Block, part: Tensor) -> None:
        """Back."""
        place = whole[:, :, block.start : block.stop]
        place.copy_(part.view(place.shape))

    def scores(self, queries: Tensor, keys: Tensor) -> Tensor:
        """Q Kᵀ / √D."""
        return self.scaled(queries, keys.transpose(1, 2))

    def scaled(self, one: Tensor, other: Tensor) -> Tensor:
        """The product / √D, in one pass."""
        nothing = one.new_empty(1, 1, 1)
        return torch.baddbmm(nothing, one, other, beta=0, alpha=self.scale)

    def hide(self, scores: Tensor, block: Block, hidden: Tensor | None, causal: bool) -> None:
        """Write −∞ in place where a query of the block may not see a key."""
        scores = scores.view(self.B, self.H, -1, block.reach)
        if hidden is not None:
            scores.masked_fill_(hidden[..., block.start : block.stop, : block.reach], -math.inf)
        if causal:
            last = scores[..., block.start :]
            last += torch.full_like(last[0, 0], -math.inf).triu_(1)
