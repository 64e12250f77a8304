"""Rotary positions (Su et al. 2021): each pair of a head turns with the place of its token."""

import math

import torch
from torch import Tensor

from codekiln.model.config import ModelConfig, RopeScaling


def rotary_table(
    past: int, T: int, config: ModelConfig, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the angles of positions `past … past+T-1`, each `[T, 1, D]`."""
    positions = torch.arange(past, past + T, dtype=torch.float32, device=device)
    angles = torch.outer(positions, frequencies(config, device)).repeat(1, 2)[:, None]
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Turn each pair (i, i + D/2) of `[B, T, H, D]` by its position's angle, in the layout of Llama."""
    cosine, sine = (table.to(x.dtype) for table in rotation)
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-second, first), dim=-1) * sine


def frequencies(config: ModelConfig, device: torch.device) -> Tensor:
    """By how much each pair turns from one token to the next, in radians, `[D/2]`."""
    plain = unscaled_frequencies(config, device)
    return plain if config.rope_scaling is None else plain / slowing(plain, config.rope_scaling)


def unscaled_frequencies(config: ModelConfig, device: torch.device) -> Tensor:
    """The same without Llama 3's scaling.

    Rounded as in transformers, so that our logits are theirs to the bit: the last digit of a frequency,
    a thousand tokens on, moves a logit by 1e-4.
    """
    half = torch.arange(0, config.head_width, 2, dtype=torch.float32, device=device)
    return 1 / config.rope_base ** (half / config.head_width)


def slowing(plain: Tensor, scaling: RopeScaling) -> Tensor:
    """How many times slower Llama 3 turns each pair than `plain` says, `[D/2]`, from 1 to `factor`."""
    turns = plain * scaling.original_context / (2 * math.pi)
    share = ((turns - scaling.low) / (scaling.high - scaling.low)).clamp(0, 1)
    return 1 / (share + (1 - share) / scaling.factor)
