"""An encoder in use: texts to vectors, and the guesses it was trained with, in numpy and out."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from codekiln.artifact import open_artifact
from codekiln.device import pick_device
from codekiln.inputs.formats import segment_alone
from codekiln.model.bidirectional import Bidirectional, apart
from codekiln.model.weights import load_model
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

BATCH_TOKENS = 8192  # that go through the model at once

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


def load_encoder(folder: Path, *, half: bool = False) -> "Encoder":
    """The encoder that `codekiln run` left in `folder`; `half` computes in bf16.

    Raises:
        ArtifactError: the folder is no finished artifact, or a file in it is damaged.
        ModelError: it holds no encoder, or its weights fit neither configuration nor tokenizer.
    """
    open_artifact(folder).verify()
    tokenizer = Tokenizer.load(folder)
    model = load_model(folder, tokenizer.fingerprint, causal=False).to(pick_device())
    assert isinstance(model, Bidirectional)
    return Encoder(model, tokenizer, half=half)


class Encoder:
    """Reads rows in batches; nothing of it learns."""

    def __init__(self, model: Bidirectional, tokenizer: Tokenizer, *, half: bool = False) -> None:
        self._model, self._half = model, half
        self.tokenizer = tokenizer
        self._padding = tokenizer.special(PADDING)
        self._device = next(model.parameters()).device

    @property
    def context(self) -> int:
        """Most tokens that are read of a text, its two of control counted."""
        return self._model.config.context

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        return self._model.config.width

    def embed(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """A vector of length 1 for each text's ids, `[texts, width]`; their product is the likeness.

        A text longer than the context is cut.
        """
        found = np.zeros((len(texts), self.width), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        start = 0
        while start < len(order):  # texts of about one length together, so that little is padded
            length = min(self.context, len(texts[order[start]]) + 2)
            some = order[start : start + max(1, BATCH_TOKENS // length)]
            longest = min(self.context, len(texts[some[-1]]) + 2)
            rows = [segment_alone(self.tokenizer, texts[place], longest) for place in some]
            ids = self._tensor(np.array(rows, np.int64))
            found[some] = self._pooled(ids)
            start += len(some)
        return found

    def guess(self, rows: Ids, places: npt.NDArray[np.bool_]) -> Ids:
        """The likeliest token at each of the places that are true, row by row; both are `[n, T]`."""
        guesses = [np.zeros(0, np.int64)]
        for part, ids in self._parts(rows):
            hidden = self._read(ids)[torch.from_numpy(places[part]).to(self._device)]
            guesses.append(self._likeliest(hidden))
        return np.concatenate(guesses)

    def follows(self, rows: Ids) -> npt.NDArray[np.float32]:
        """Log-odds that the second segment of each of `rows [n, T]` stands behind the first."""
        odds = [self._odds(ids) for _, ids in self._parts(rows)]
        return np.concatenate([np.zeros(0, np.float32), *odds])

    def _parts(self, rows: Ids) -> Iterator[tuple[slice, Tensor]]:
        size = max(1, BATCH_TOKENS // rows.shape[1])
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            yield part, self._tensor(rows[part])

    def _tensor(self, rows: Ids) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(rows)).to(self._device)

    @torch.inference_mode()
    def _read(self, ids: Tensor) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            hidden: Tensor = self._model(ids, apart(ids, self._padding))
        return hidden

    @torch.inference_mode()
    def _pooled(self, ids: Tensor) -> Vectors:
        return np.asarray(self._model.pooled(self._read(ids), ids, self._padding).cpu().numpy())

    @torch.inference_mode()
    def _likeliest(self, hidden: Tensor) -> Ids:
        weight = self._model.output_weight.to(hidden.dtype)
        return np.asarray((hidden @ weight.T).argmax(dim=1).cpu().numpy())

    @torch.inference_mode()
    def _odds(self, ids: Tensor) -> npt.NDArray[np.float32]:
        return np.asarray(self._model.follows(self._read(ids), ids, self._padding).cpu().numpy())
