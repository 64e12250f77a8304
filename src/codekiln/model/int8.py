"""Weights in a byte each: every row of a matrix has a scale of its own, symmetric about zero."""

from collections.abc import Mapping

import torch
from torch import Tensor

LARGEST = 127
SCALE = ".scale"  # behind the name of a matrix


def quantise(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix `[out, in]` as int8 with `NAME.scale` `[out]` beside it; the rest as it is."""
    stored: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if weight.ndim == 2:
            scale = weight.abs().amax(dim=1).clamp(min=torch.finfo(torch.float32).tiny) / LARGEST
            stored[name] = (weight / scale[:, None]).round().to(torch.int8)
            stored[name + SCALE] = scale
        else:
            stored[name] = weight
    return stored


def restore(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights in fp32 that `quantise` stored.

    Raises:
        KeyError: a matrix lacks its scale.
    """
    return {
        name: tensor.float() * stored[name + SCALE][:, None]
        if tensor.dtype == torch.int8
        else tensor
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
