"""Cross-entropy of the next token, in chunks: the logits of a whole batch never stand in memory."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

IGNORED = -100
CHUNK_LOGITS = 2**25  # that stand in memory at once, on the processor
CHUNK_ON_GPU = 8192
# Tokens that chunks, and what is to be chunked, are multiples of on the processor. Blocks of ever different
# sizes would leave holes in a heap that keeps what is freed (`device.keep_freed_memory`), without end.
STEP = 128
SMALLEST = torch.finfo(torch.float32).tiny  # log p stays finite


def cross_entropy(hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
    """Sum over the labelled tokens of −log p(label | what came before), natural logarithm.

    For a completion y of a prompt x the objective is

        L = − Σ_t log p(y_t | x, y_<t)        p(· | x, y_<t) = softmax(W h_t)

    so the prompt's own tokens carry the label `IGNORED` and add nothing. `hidden` is `[N, C]`,
    `weight` `[V, C]`, `labels` `[N]`.

    By hand: with h = 0 all of four tokens are equally likely, so each has p = 1/4; two labelled ones
    cost 2 ln 4, and the prompt token in front of them nothing.

    >>> loss = cross_entropy(torch.zeros(3, 2), torch.ones(4, 2), torch.tensor([IGNORED, 2, 0]))
    >>> bool(torch.isclose(loss, 2 * torch.log(torch.tensor(4.0))))
    True
    """
    return _ChunkedCrossEntropy.apply(hidden, weight, labels)


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Never holds the logits of more than a chunk of tokens.

    Their gradient is softmax − one-hot, so it is taken while they are there.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        on_gpu = hidden.device.type == "cuda"
        size = CHUNK_ON_GPU if on_gpu else _multiple(max(1, CHUNK_LOGITS // len(weight)))
        loss_and_slope = _compiled() if on_gpu else _in_place
        total = hidden.new_zeros((), dtype=torch.float32)
        by_hidden = torch.empty_like(hidden)
        learns = ctx.needs_input_grad[1]  # an adapter's base does not
        by_weight = torch.zeros_like(weight, dtype=torch.float32) if learns else None
        for part, wanted, place in zip(
            hidden.split(size), labels.split(size), by_hidden.split(size), strict=True
        ):
            loss, slope = loss_and_slope(part @ weight.T, wanted)
            total += loss
            torch.mm(slope, weight, out=place)
            if by_weight is not None:
                by_weight += slope.T @ part
        ctx.save_for_backward(by_hidden, by_weight)
        ctx.dtype = weight.dtype
        return total

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor | None, None]:
        by_hidden, by_weight = ctx.saved_tensors
        scaled = None if by_weight is None else (by_weight * outer[0]).to(ctx.dtype)
        return by_hidden * outer[0], scaled, None


def _multiple(size: int) -> int:
    return size - size % STEP if size > STEP else size


def _in_place(logits: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Sum of the losses of `logits [n, V]`, and its gradient by them: few passes over memory."""
    counted = wanted != IGNORED
    column = wanted.clamp(min=0)[:, None]
    slope = torch.softmax(logits, dim=-1, dtype=torch.float32)
    chosen = slope.gather(1, column)
    loss = -(chosen.clamp(min=SMALLEST).log() * counted[:, None]).sum()
    slope.scatter_(1, column, chosen - 1)
    slope.index_fill_(0, (~counted).nonzero().squeeze(1), 0)
    return loss, slope.to(logits.dtype)


def _pointwise(logits: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The same in a form that a compiler makes two passes of."""
    counted = (wanted != IGNORED)[:, None]
    column = wanted.clamp(min=0)[:, None]
    log_p = torch.log_softmax(logits.float(), dim=-1)
    loss = -(log_p.gather(1, column) * counted).sum()
    one_hot = torch.arange(logits.shape[1], device=logits.device) == column
    return loss, ((log_p.exp() - one_hot.float()) * counted).to(logits.dtype)


@cache
def _compiled() -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    return torch.compile(_pointwise, dynamic=False)
