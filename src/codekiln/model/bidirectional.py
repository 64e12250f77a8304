"""The transformer as an encoder: every token sees every other, and what comes out is read in three ways."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.tokenizer.special import SEPARATOR, SPECIAL_TOKENS

SEPARATOR_ID = SPECIAL_TOKENS.index(SEPARATOR)
SMALLEST = 1e-6


class Bidirectional(Transformer):
    """Adds what BERT has beside (Devlin et al. 2019, §3.1): every token is told which segment it is of.

    BERT's head for the next segment reads the first token's stream. On small budgets that learns nothing
    (docs/log.md), so ours compares the segments token by token.
    """

    def __init__(self, config: ModelConfig) -> None:
        assert not config.causal
        super().__init__(config)
        self.segment = nn.Embedding(2, config.width)
        self.importance = nn.Linear(config.width, 1)
        self.next_segment = nn.Linear(1, 1)
        nn.init.normal_(self.segment.weight, std=0.02)
        for head in (self.importance, self.next_segment):  # all tokens alike, and no opinion
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)

    def embed(self, ids: Tensor) -> Tensor:
        """`[B, T, C]`; from the separator on, a token is of the second segment."""
        return super().embed(ids) + self.segment(in_second(ids).long())

    def follows(self, hidden: Tensor, ids: Tensor, padding: int) -> Tensor:
        """Log-odds that the second segment of each row of `ids [B, T]` stands behind the first, `[B]`.

        Each token seeks the one most like it in the other segment, and the mean of what they find, by
        importance, decides: late interaction (Khattab & Zaharia 2020, §3.3), with learned weights.
        """
        with torch.autocast(hidden.device.type, enabled=False):
            streams = F.normalize(hidden.float(), dim=2)
            weights = self.weights(hidden, ids, padding)
            second = in_second(ids)
            sides = (~second & (ids != padding), second & (ids != padding))
            across = sides[0].unsqueeze(2) & sides[1].unsqueeze(1)
            likeness = (streams @ streams.transpose(1, 2)).masked_fill(~across, -1)
            found = (
                _mean(likeness.amax(dim=2), weights * sides[0]),
                _mean(likeness.amax(dim=1), weights * sides[1]),
            )
            # Likeness moves within tenths, log-odds within units.
            odds: Tensor = 10 * self.next_segment(
                torch.stack(found, dim=1).sum(dim=1, keepdim=True)
            )
        return odds.squeeze(1)

    def weights(self, hidden: Tensor, ids: Tensor, padding: int) -> Tensor:
        """How much each token says about its text, from 0 to 1; padding says nothing: `[B, T]` in fp32."""
        with torch.autocast(hidden.device.type, enabled=False):
            importance: Tensor = self.importance(hidden.float()).squeeze(2).sigmoid()
        return importance * (ids != padding)

    def pooled(self, hidden: Tensor, ids: Tensor, padding: int) -> Tensor:
        """The mean of each row's tokens by importance, at length 1: `[B, C]` in fp32."""
        weights = self.weights(hidden, ids, padding).unsqueeze(2)
        # The direction of a mean is that of the sum.
        return F.normalize((hidden.float() * weights).sum(dim=1), dim=1)


def in_second(ids: Tensor) -> Tensor:
    """Which tokens are of the second segment: from the separator on, `[B, T]`."""
    return (ids == SEPARATOR_ID).cumsum(dim=1) > 0


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """By weights that are not all zero, row by row; 0 where they are."""
    return (values * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=SMALLEST)


def apart(ids: Tensor, padding: int) -> Tensor | None:
    """The `documents` with which no token of `ids` sees the padding behind it; None where there is none."""
    filled = ids == padding
    return filled.long() if bool(filled.any()) else None


def new_model(config: ModelConfig) -> Transformer:
    """A model of that shape, with the head where it is an encoder."""
    return Transformer(config) if config.causal else Bidirectional(config)
