"""The transformer as an encoder: every token sees every other, and what comes out is read in three ways."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.tokenizer.special import SEPARATOR, SPECIAL_TOKENS

SEPARATOR_ID = SPECIAL_TOKENS.index(SEPARATOR)


class Bidirectional(Transformer):
    """Adds what BERT has beside (Devlin et al. 2019, §3.1 and figure 2).

    Every token is told which segment it is of, and a head reads the first token's stream.
    """

    def __init__(self, config: ModelConfig) -> None:
        assert not config.causal
        super().__init__(config)
        self.segment = nn.Embedding(2, config.width)
        self.next_segment = nn.Linear(config.width, 1)
        nn.init.normal_(self.segment.weight, std=0.02)
        nn.init.zeros_(self.next_segment.weight)
        nn.init.zeros_(self.next_segment.bias)

    def embed(self, ids: Tensor) -> Tensor:
        """`[B, T, C]`; from the separator on, a token is of the second segment."""
        behind = (ids == SEPARATOR_ID).cumsum(dim=1).clamp(max=1)
        return super().embed(ids) + self.segment(behind)

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
