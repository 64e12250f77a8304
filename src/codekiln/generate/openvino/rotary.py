"""Rotary positions as numpy tables; `model.rotary` says what they are."""

import numpy as np

from codekiln.model.arrays import Floats
from codekiln.model.config import ModelConfig, RopeScaling


def rotary_tables(config: ModelConfig, beyond: int) -> tuple[Floats, Floats]:
    """Cosine and sine of the angles of all positions of the context and some more, `[positions, D]`."""
    angles = np.outer(np.arange(config.context + beyond, dtype=np.float32), frequencies(config))
    angles = np.concatenate((angles, angles), axis=1)
    return np.cos(angles), np.sin(angles)


def frequencies(config: ModelConfig) -> Floats:
    """By how much each pair turns from one token to the next, in radians, `[D/2]`."""
    half = np.arange(0, config.head_width, 2, dtype=np.float32) / np.float32(config.head_width)
    # In fp32 this power is off by a digit that moves logits a thousand tokens on.
    plain: Floats = np.float32(1) / np.power(config.rope_base, half.astype(np.float64)).astype(
        np.float32
    )
    if config.rope_scaling is not None:
        plain /= _slowing(plain, config.rope_scaling)
    return plain


def _slowing(plain: Floats, scaling: RopeScaling) -> Floats:
    turns = plain * np.float32(scaling.original_context / (2 * np.pi))
    share = (turns - scaling.low) / (scaling.high - scaling.low)
    share = np.clip(share, 0, 1)
    slowing: Floats = (1 / (share + (1 - share) / scaling.factor)).astype(np.float32)
    return slowing
