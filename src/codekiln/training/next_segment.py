"""Next-segment prediction beside masked language modelling, in one loss (Devlin et al. 2019, §3.1)."""

import torch.nn.functional as F
from torch import Tensor

from codekiln.model.bidirectional import Bidirectional
from codekiln.model.transformer import Transformer
from codekiln.training.masked import Masked
from codekiln.training.objective import Batch


class NextSegment:
    """Implements `Objective` for rows of two segments, whose last column says whether they belong."""

    def __init__(self, masked: Masked) -> None:
        self._masked = masked

    def prepare(self, rows: Tensor, first: int) -> Batch:
        """What `Masked` gives for the ids and, as `next` `[B]`, the last column."""
        batch = self._masked.prepare(rows[:, :-1], first)
        tensors = {**batch.tensors, "next": rows[:, -1]}
        return Batch(tensors, {**batch.counts, "pairs": len(rows)})

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """Cross-entropy of the guessed tokens and of the guess about the segments, added."""
        assert isinstance(model, Bidirectional)
        hidden = model(batch["ids"], batch.tensors.get("documents"))
        odds = model.follows(hidden, batch["ids"], self._masked.padding)
        wrong = F.binary_cross_entropy_with_logits(odds, batch["next"].float(), reduction="sum")
        return self._masked.score(model, hidden, batch) + wrong / batch.counts["pairs"]
