"""Supervised learning: the target of each example is predicted from its context, which costs nothing."""

from torch import Tensor

from codekiln.inputs.examples import begins, ids_of, is_target
from codekiln.model.transformer import Transformer
from codekiln.training.cross_entropy import CHUNK_ON_GPU, IGNORED, STEP, cross_entropy
from codekiln.training.objective import Batch


class Supervised:
    """Implements `Objective` for rows of examples: − Σ_t log p(y_t | c, y_<t) over the targets of a step.

    That sum is divided by the number of their tokens, so that every token weighs the same, whichever row
    and example it is in. No example sees another.
    """

    def prepare(self, rows: Tensor, first: int = 0) -> Batch:  # noqa: ARG002 - nothing is random
        """`ids`, `labels` and, unless each row is one example, `documents`, each `[B, T]`."""
        ids, opening = ids_of(rows), begins(rows)[:, :-1]
        labels = ids.masked_fill(~is_target(rows), IGNORED)[:, 1:]
        tensors = {"ids": ids[:, :-1], "labels": labels}
        if bool(opening[:, 1:].any()):
            tensors["documents"] = opening.cumsum(dim=1)
        return Batch(tensors, {"tokens": int((labels != IGNORED).sum())})

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """Cross-entropy of the targets."""
        hidden = model(batch["ids"], batch.tensors.get("documents"))
        hidden, labels = _labelled(hidden.flatten(0, 1), batch["labels"].flatten())
        weight = model.output_weight.to(hidden.dtype)
        return cross_entropy(hidden, weight, labels) / max(1, batch.counts["tokens"])


def _labelled(hidden: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Without what has no label, which would go through the output layer for nothing.

    Some of it stays, so that sizes are few: each other one would be compiled anew on a GPU, and tear
    another hole into the processor's heap.
    """
    order = (labels == IGNORED).argsort(stable=True)  # those with a label first
    count = max(1, int((labels != IGNORED).sum()))
    step = CHUNK_ON_GPU if hidden.device.type == "cuda" else STEP
    chosen = order[: -(-count // step) * step]
    return hidden[chosen], labels[chosen]
