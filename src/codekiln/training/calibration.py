"""Turning a budget in seconds into steps, once: threads and precision are tried, a step is timed.

The outcome is written down and belongs to the run: a resumed run computes with the same threads and
precision, without which its losses would not be the same to the bit.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch

from codekiln.device import core_count
from codekiln.training.config import ModelStageConfig, Precision

ROUNDS = 5
TIMED_STEPS = 15
Step = Callable[[int, Precision], None]
Way = tuple[int, Precision]


@dataclass(frozen=True)
class Calibration:
    """What a run keeps to from its first step to its last."""

    steps: int
    threads: int
    precision: Precision
    seconds_per_step: float

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def calibrate(
    config: ModelStageConfig, rows: int, row_length: int, step: Step, *, on_gpu: bool = False
) -> Calibration:
    """Choose threads and precision by trying them with `step(rows, precision)`, then count steps.

    On a GPU there is nothing to choose: bf16 is faster, and the threads have little to do.
    """
    ways: list[Way] = [(config.threads or core_count(), _half(config))] if on_gpu else _ways(config)
    threads, precision = _fastest(ways, rows, step)
    torch.set_num_threads(threads)
    each = median(_seconds(step, rows, precision) for _ in range(TIMED_STEPS))
    if config.tokens:
        steps = max(1, config.tokens // (rows * row_length))
    else:
        steps = max(1, int(config.seconds / each))
    return Calibration(steps, threads, precision, each)


def _half(config: ModelStageConfig) -> Precision:
    return "bf16" if config.precision == "auto" else config.precision


def _ways(config: ModelStageConfig) -> list[Way]:
    """What the recipe leaves open: all threads or half of them, bf16 or fp32."""
    cores = core_count()
    threads = [config.threads] if config.threads else sorted({cores, max(1, cores // 2)})
    # What torch compiles for a processor in bf16 gives gradients that are no numbers (2.13).
    both: tuple[Precision, ...] = ("fp32",) if config.compile == "on" else ("bf16", "fp32")
    precisions = both if config.precision == "auto" else (config.precision,)
    return [(number, precision) for number in threads for precision in precisions]


def _fastest(ways: list[Way], rows: int, step: Step) -> Way:
    """The way whose best try is the best: in turns, so that a busy moment harms none alone."""
    best = dict.fromkeys(ways, math.inf)
    for _ in range(ROUNDS if len(ways) > 1 else 0):
        for threads, precision in ways:
            torch.set_num_threads(threads)
            seconds = _seconds(step, rows, precision)
            best[threads, precision] = min(best[threads, precision], seconds)
    return min(ways, key=lambda way: best[way])


def _seconds(step: Step, rows: int, precision: Precision) -> float:
    start = time.perf_counter()
    step(rows, precision)
    return time.perf_counter() - start
