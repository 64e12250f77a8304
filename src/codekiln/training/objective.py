"""What training minimises: the cross-entropy of the next token. No loop and no optimiser here."""

from typing import Any

import torch
from torch import Tensor

from codekiln.model.transformer import Transformer

IGNORED = -100
CHUNK = 512  # tokens whose logits stand in memory at once
SMALLEST = torch.finfo(torch.float32).tiny  # log p stays finite


def causal_targets(rows: Tensor, end: int, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, labels and documents, each `[B, T]`, of packed rows `[B, T + 1]`.

    The end token opens a document, so counting them numbers the documents; as a label it closes the
    one before. Padding is predicted by nobody.
    """
    ids, labels = rows[:, :-1], rows[:, 1:]
    documents = (ids == end).cumsum(dim=1)
    return ids, labels.masked_fill(labels == padding, IGNORED), documents


def causal_loss(model: Transformer, ids: Tensor, labels: Tensor, documents: Tensor) -> Tensor:
    """Sum of the cross-entropy over a batch `[B, T]`."""
    # A row that is one document needs no mask beyond the causal one.
    alone = bool((documents[:, -1] == documents[:, 0]).all())
    hidden = model(ids, None if alone else documents).flatten(0, 1)
    half = torch.is_autocast_enabled(hidden.device.type)
    dtype = torch.get_autocast_dtype(hidden.device.type) if half else hidden.dtype
    weight = model.model.embed_tokens.weight
    return cross_entropy(hidden.to(dtype), weight.to(dtype), labels.flatten())


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
    """Never holds the logits of more than `CHUNK` tokens.

    Their gradient is softmax − one-hot, so it is taken while they are there.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, labels: Tensor) -> Tensor:
        total = hidden.new_zeros((), dtype=torch.float32)
        by_hidden = torch.empty_like(hidden)
        by_weight = torch.zeros_like(weight, dtype=torch.float32)
        for part, wanted, place in zip(
            hidden.split(CHUNK), labels.split(CHUNK), by_hidden.split(CHUNK), strict=True
        ):
            counted = wanted != IGNORED
            column = wanted.clamp(min=0)[:, None]
            slope = torch.softmax(part @ weight.T, dim=-1, dtype=torch.float32)
            chosen = slope.gather(1, column)
            total -= (chosen.clamp(min=SMALLEST).log() * counted[:, None]).sum()
            slope.scatter_(1, column, chosen - 1)
            slope[~counted] = 0
            slope = slope.to(hidden.dtype)
            torch.mm(slope, weight, out=place)
            by_weight += slope.T @ part
        ctx.save_for_backward(by_hidden, by_weight)
        ctx.dtype = weight.dtype
        return total

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, None]:
        by_hidden, by_weight = ctx.saved_tensors
        return by_hidden * outer[0], (by_weight * outer[0]).to(ctx.dtype), None
