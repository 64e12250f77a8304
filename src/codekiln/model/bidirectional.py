"""The transformer as an encoder: every token sees every other, and what comes out is read in three ways."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer


class Bidirectional(Transformer):
    """Adds to the transformer one head, which reads the first token's stream (Devlin et al. 2019, §3.1)."""

    def __init__(self, config: ModelConfig) -> None:
        assert not config.causal
        super().__init__(config)
        self.next_segment = nn.Linear(config.width, 1)
        nn.init.zeros_(self.next_segment.weight)
        nn.init.zeros_(self.next_segment.bias)

    def follows(self, hidden: Tensor) -> Tensor:
        """Log-odds that the second segment of each row stands behind the first, `[B]`."""
        with torch.autocast(hidden.device.type, enabled=False):
            odds: Tensor = self.next_segment(hidden[:, 0].float()).squeeze(1)
        return odds

    @staticmethod
    def pooled(hidden: Tensor, ids: Tensor, padding: int) -> Tensor:
        """The mean of each row's tokens, but for padding, at length 1: `[B, C]` in fp32."""
        real = (ids != padding).unsqueeze(2)
        # The direction of a mean is that of the sum.
        return F.normalize((hidden.float() * real).sum(dim=1), dim=1)


def apart(ids: Tensor, padding: int) -> Tensor | None:
    """The `documents` with which no token of `ids` sees the padding behind it; None where there is none."""
    filled = ids == padding
    return filled.long() if bool(filled.any()) else None


def new_model(config: ModelConfig) -> Transformer:
    """A model of that shape, with the head where it is an encoder."""
    return Transformer(config) if config.causal else Bidirectional(config)
