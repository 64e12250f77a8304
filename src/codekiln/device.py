"""Where and how numbers are computed: device, threads, seeds, memory.

Functions only; torch stays unimported until one of them is called.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from codekiln.errors import MissingExtraError

if TYPE_CHECKING:
    import torch

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # malloc.h


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
    """Processors that this process may use, not those of the whole machine.

    Where torchrun has started several processes, each may use its share.
    """
    return max(1, _usable_cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def seed_everything(seed: int) -> None:
    """Seed torch and, on a processor, ask it for results that are the same to the bit.

    On a GPU that costs speed, and the same bits on another one are not to be had anyway.
    """
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(not torch.cuda.is_available(), warn_only=True)
    # Only for finding reads of memory never written; it costs a pass over every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """The state of torch's random numbers, on the processor and on a GPU."""
    import torch

    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore_random_state(states: Mapping[str, torch.Tensor]) -> None:
    """Go on with the random numbers where `random_state` was asked for them."""
    import torch

    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"])


def keep_freed_memory() -> None:
    """Let the C library keep what a training step frees for the next step.

    By default glibc hands large blocks back and gets them again page by page, zeroed. Measured here:
    1.2 to 1.3 times the tokens a second. Without glibc nothing happens.
    """
    _tell_malloc({M_TRIM_THRESHOLD: 2**31 - 1, M_MMAP_THRESHOLD: 2**30})


def return_freed_memory() -> None:
    """Let the C library hand back what is freed, in a process that lives for days; before it has threads.

    By default glibc has up to eight heaps a core, so that threads need not wait for each other, and once
    a large block was freed the next ones come from these heaps, which then have holes. Measured here: a
    server of four who type holds 571 MB instead of 674, and is as fast. Without glibc nothing happens.
    """
    _tell_malloc({M_ARENA_MAX: 1, M_MMAP_THRESHOLD: 2**18, M_TRIM_THRESHOLD: 2**22})


def _tell_malloc(options: Mapping[int, int]) -> None:
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in options.items():
            mallopt(option, value)
