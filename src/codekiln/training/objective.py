"""What training minimises: the cross-entropy of the next token. No loop and no optimiser here."""

import torch
import torch.nn.functional as F
from torch import Tensor

from codekiln.model.transformer import Transformer

IGNORED = -100
CHUNK = 2048  # rows of logits that stand in memory at once


def causal_targets(rows: Tensor, end: int, padding: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, labels and documents, each `[B, T]`, of packed rows `[B, T + 1]`.

    The end token opens a document, so counting them numbers the documents; as a label it closes the
    one before. Padding is predicted by nobody.
    """
    ids, labels = rows[:, :-1], rows[:, 1:]
    documents = (ids == end).cumsum(dim=1)
    return ids, labels.masked_fill(labels == padding, IGNORED), documents


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Sum over the labelled tokens of −log p(label | what came before).

    For a completion y of a prompt x the objective is

        L = − Σ_t log p(y_t | x, y_<t)

    so the prompt's own tokens carry the label `IGNORED` and add nothing. `logits` is `[N, V]`,
    `labels` `[N]`; natural logarithm.

    By hand: of four equally likely tokens each has p = 1/4, so two labelled ones cost 2 ln 4, and a
    prompt token in front of them nothing.

    >>> logits = torch.zeros(3, 4)
    >>> loss = cross_entropy(logits, torch.tensor([IGNORED, 2, 0]))
    >>> bool(torch.isclose(loss, 2 * torch.log(torch.tensor(4.0))))
    True
    """
    return F.cross_entropy(logits.float(), labels, ignore_index=IGNORED, reduction="sum")


def causal_loss(model: Transformer, ids: Tensor, labels: Tensor, documents: Tensor) -> Tensor:
    """Sum of the cross-entropy over a batch `[B, T]`, the logits made a chunk at a time."""
    # A row that is one document needs no mask, and without one attention skips the upper triangle.
    alone = bool((documents[:, -1] == documents[:, 0]).all())
    hidden = model(ids, None if alone else documents).flatten(0, 1)
    total = hidden.new_zeros((), dtype=torch.float32)
    for part, wanted in zip(hidden.split(CHUNK), labels.flatten().split(CHUNK), strict=True):
        total = total + cross_entropy(model.logits(part), wanted)
    return total
