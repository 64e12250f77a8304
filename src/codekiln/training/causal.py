"""Causal language modelling: every token is predicted from those before it in its document."""

from torch import Tensor

from codekiln.model.transformer import Transformer
from codekiln.training.cross_entropy import IGNORED, cross_entropy
from codekiln.training.objective import Batch


class Causal:
    """Implements `Objective`. Fill-in-the-middle is in the rows, and needs nothing of its own."""

    def __init__(self, end: int, padding: int) -> None:
        """`end` opens a document and closes the one before; `padding` is predicted by nobody."""
        self._end, self._padding = end, padding

    def prepare(self, rows: Tensor, first: int = 0) -> Batch:  # noqa: ARG002 - nothing is random
        """`ids`, `labels` and, unless each row is one document, `documents`, each `[B, T]`.

        The end token opens a document, so counting them numbers the documents.
        """
        ids, labels = rows[:, :-1], rows[:, 1:]
        opening = ids == self._end
        tensors = {"ids": ids, "labels": labels.masked_fill(labels == self._padding, IGNORED)}
        if bool(opening[:, 1:].any()):  # a row of one document needs no mask beyond the causal one
            tensors["documents"] = opening.cumsum(dim=1)
        return Batch(tensors, {"tokens": int((labels != self._padding).sum())})

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """Cross-entropy of the labelled tokens."""
        hidden = model(batch["ids"], batch.tensors.get("documents")).flatten(0, 1)
        weight = model.output_weight.to(hidden.dtype)
        return cross_entropy(hidden, weight, batch["labels"].flatten()) / batch.counts["tokens"]
