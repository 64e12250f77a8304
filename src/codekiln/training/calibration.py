"""Turning a budget in seconds into steps, once: threads and precision are tried, then a step is timed.

The outcome is written down and belongs to the run: a resumed run computes with the same threads and
precision, without which its losses would not be the same to the bit.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import torch

from codekiln.device import core_count
from codekiln.errors import TrainingError
from codekiln.training.config import ModelStageConfig, Precision

TRIES = 3
Step = Callable[[int, Precision], None]


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


def calibrate(config: ModelStageConfig, rows: int, row_length: int, step: Step) -> Calibration:
    """Choose threads and precision by trying them with `step(rows, precision)`, then count the steps.

    Raises:
        TrainingError: the recipe has no budget, or two.
    """
    if bool(config.tokens) == bool(config.seconds):
        raise TrainingError("The recipe must give either model.tokens or model.seconds: set one.")
    few = max(1, rows // 4)
    threads = config.threads or core_count()
    torch.set_num_threads(threads)
    if config.precision == "auto":
        choices: tuple[Precision, ...] = ("bf16", "fp32")
        precision = min(choices, key=lambda choice: _seconds(step, few, choice))
    else:
        precision = config.precision
    if not config.threads and threads > 1:
        together = _seconds(step, few, precision)
        torch.set_num_threads(threads // 2)
        if _seconds(step, few, precision) < together:
            threads //= 2
        torch.set_num_threads(threads)
    each = _seconds(step, rows, precision)
    if config.tokens:
        steps = max(1, config.tokens // (rows * row_length))
    else:
        steps = max(1, int(config.seconds / each))
    return Calibration(steps, threads, precision, each)


def _seconds(step: Step, rows: int, precision: Precision) -> float:
    """Median time of a step after one that warms caches up."""
    step(rows, precision)
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        step(rows, precision)
        times.append(time.perf_counter() - start)
    return median(times)
