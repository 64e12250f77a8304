"""An encoder's heads, computed one token after another."""

import torch

from codekiln.model.bidirectional import SEPARATOR_ID


def plain_odds(model, hidden, ids, padding):
    """Log-odds of each row that its second segment follows."""
    return torch.stack(
        [
            _odds(model, *(part[row != padding] for part in (stream, row)))
            for stream, row in zip(hidden.float(), ids, strict=True)
        ]
    )


def plain_mean(model, hidden):
    """One text's vector: the mean of `hidden [T, C]` by importance, at length 1."""
    mean = sum(_importance(model, token) * token for token in hidden)
    return mean / mean.norm()


def random_heads(model, seed=0):
    """Weights for both heads, with which every token counts for something of its own."""
    generator = torch.Generator().manual_seed(seed)
    return {
        "importance.weight": torch.randn(1, model.config.width, generator=generator) / 8,
        "importance.bias": torch.tensor([0.3]),
        "next_segment.weight": torch.tensor([[0.4]]),
        "next_segment.bias": torch.tensor([0.1]),
    }


def _odds(model, hidden, row):
    middle = row.tolist().index(SEPARATOR_ID)
    sides = (hidden[:middle], hidden[middle:])
    likeness = _found(model, *sides) + _found(model, *reversed(sides))
    return 10 * (likeness * model.next_segment.weight[0, 0] + model.next_segment.bias[0])


def _found(model, seekers, others):
    weights = torch.stack([_importance(model, token) for token in seekers])
    best = torch.stack(
        [max(torch.cosine_similarity(token, other, dim=0) for other in others) for token in seekers]
    )
    return (weights * best).sum() / weights.sum()


def _importance(model, token):
    return torch.sigmoid(model.importance.weight[0] @ token + model.importance.bias[0])
