"""Masked language modelling: some tokens are hidden, and guessed from both sides (Devlin et al. 2019)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from codekiln.inputs.masking import Masking
from codekiln.model.bidirectional import apart
from codekiln.model.transformer import Transformer
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.cross_entropy import IGNORED, cross_entropy
from codekiln.training.objective import Batch

# Guesses are filled up to a multiple: what is compiled for a GPU is compiled anew for every number.
EVEN = {"cpu": 1, "cuda": 1024}


class Masked:
    """Implements `Objective` for rows `[B, T]` that hold nothing but ids."""

    def __init__(self, tokenizer: Tokenizer, seed: int, *, whole_tokens: bool = False) -> None:
        self.padding = tokenizer.special(PADDING)
        self._masking = Masking(tokenizer, seed, whole_tokens=whole_tokens)

    def prepare(self, rows: Tensor, first: int) -> Batch:
        """`ids` with some tokens hidden, as `labels` what was there, and `documents`; each `[B, T]`."""
        ids = rows.numpy()
        shown, chosen = self._masking.hide(ids, first)
        labels = rows.masked_fill(~torch.from_numpy(chosen), IGNORED)
        tensors = {"ids": torch.from_numpy(shown), "labels": labels}
        if (documents := apart(rows, self.padding)) is not None:
            tensors["documents"] = documents
        return Batch(tensors, {"guesses": max(1, int(chosen.sum()))})

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """Cross-entropy of the guesses."""
        return self.score(model, model(batch["ids"], batch.tensors.get("documents")), batch)

    def score(self, model: Transformer, hidden: Tensor, batch: Batch) -> Tensor:
        """`loss` from the stream, `[B, T, C]`. Only what is guessed has logits."""
        labels = batch["labels"].flatten()
        places = (labels != IGNORED).nonzero().squeeze(1)
        labels, streams = labels[places], hidden.flatten(0, 1)[places]
        missing = -len(places) % EVEN.get(hidden.device.type, 1)
        labels = F.pad(labels, (0, missing), value=IGNORED)
        streams = F.pad(streams, (0, 0, 0, missing))
        weight = model.output_weight.to(streams.dtype)
        return cross_entropy(streams, weight, labels) / batch.counts["guesses"]
