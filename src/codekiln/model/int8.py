"""A model's weights in a byte each, as `compress` stores them: every matrix as `arrays.Rows`."""

from collections.abc import Mapping

import torch
from torch import Tensor

from codekiln.model import arrays


def quantise(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix `[out, in]` as int8 with `NAME.scale` `[out]` beside it; the rest as it is."""
    stored: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if weight.ndim == 2:
            rows = arrays.quantise(weight.detach().float().cpu().numpy())
            stored[name] = torch.from_numpy(rows.values)
            stored[name + arrays.SCALE] = torch.from_numpy(rows.scale)
        else:
            stored[name] = weight
    return stored
