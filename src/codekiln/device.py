"""Where and how numbers are computed: device, number type, seeds. Functions only; torch stays unimported
until one of them is called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from codekiln.errors import MissingExtraError

if TYPE_CHECKING:
    import torch


def require_torch(purpose: str) -> None:
    """Raise the install line unless torch can be imported."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise MissingExtraError("train", purpose) from None


def pick_device() -> torch.device:
    """The first GPU, Apple's GPU, or the processor."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def core_count() -> int:
    """Processors that this process may use, not those of the whole machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def seed_everything(seed: int) -> None:
    """Seed torch and ask it for bit-identical results where it has them."""
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
