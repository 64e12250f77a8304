"""The reference engine: our transformer on torch, plain. Faster ones must agree with it."""

from collections.abc import Sequence

import numpy as np
import torch

from codekiln.errors import ModelError
from codekiln.generate.engine import Ids, Logits
from codekiln.model.attention_weights import attention_weights
from codekiln.model.cache import KeyValueCache
from codekiln.model.transformer import Transformer


class TorchEngine:
    """Implements `Engine` with the transformer's own cache."""

    def __init__(self, model: Transformer, *, half: bool = False) -> None:
        """With `half` the matrix products are in bf16, as in training: faster, less exact."""
        self._model, self._half = model, half
        self._device = next(model.parameters()).device
        self._cache = KeyValueCache(model.config.layers)

    @property
    def stride(self) -> int:
        """Each token of a step costs something."""
        return 1

    @property
    def context(self) -> int:
        """Most tokens a sequence may have."""
        return self._model.config.context

    @property
    def vocabulary(self) -> int:
        """Number of ids."""
        return self._model.config.vocabulary

    @property
    def length(self) -> int:
        """Tokens now in the cache, in each row."""
        return self._cache.length

    def prefill(self, ids: Ids) -> Logits:
        """Forget everything and read `ids[batch, n]`; logits `[batch, vocab]` after the last one."""
        self._cache = KeyValueCache(self._model.config.layers)
        return self.read(ids)

    def read(self, ids: Ids) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, vocab]` after the last one."""
        return self._logits(self._read(ids)[:, -1])

    def step(self, ids: Ids, last: int | None = None) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, last, vocab]` after the last of them, or all."""
        return self._logits(self._read(ids)[:, -(last or ids.shape[1]) :])

    def fork(self, parents: Sequence[int]) -> None:
        """Row `i` becomes a copy of row `parents[i]`."""
        self._cache.fork(parents)

    def rewind(self, n: int) -> None:
        """Forget the last `n` tokens of every row."""
        self._cache.rewind(n)

    def twin(self) -> "TorchEngine":
        """Another engine on the same weights, with an empty cache of its own."""
        return TorchEngine(self._model, half=self._half)

    def attention(self, ids: Sequence[int], layer: int) -> Logits:
        """What each of `ids[n]` looks at in one layer: `[heads, n, n]`, rows that sum to 1; fp32."""
        tensor = torch.tensor(ids, dtype=torch.int64, device=self._device)
        return np.asarray(attention_weights(self._model, tensor, layer).cpu().numpy())

    @property
    def layers(self) -> int:
        """Layers, each with the same number of heads."""
        return self._model.config.layers

    @property
    def heads(self) -> int:
        """Heads of each layer."""
        return self._model.config.heads

    @torch.inference_mode()
    def _read(self, ids: Ids) -> torch.Tensor:
        if self.length + ids.shape[1] > self.context:
            raise ModelError(
                f"{self.length + ids.shape[1]} tokens do not fit the model's context of "
                f"{self.context}: shorten the prompt."
            )
        tensor = torch.from_numpy(np.ascontiguousarray(ids)).to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            hidden: torch.Tensor = self._model(tensor, cache=self._cache)
        return hidden

    @torch.inference_mode()
    def _logits(self, hidden: torch.Tensor) -> Logits:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            logits: Logits = self._model.logits(hidden).float().cpu().numpy()
        return logits
