"""Turning a budget in seconds into steps, once: ways of computing are tried, a step is timed.

The outcome is written down and belongs to the run: a resumed run computes in the same way, without which
its losses would not be the same to the bit.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import torch

from codekiln.device import core_count
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.world import here

ROUNDS = 5
TIMED_STEPS = 15
PATIENCE, SHARE = (
    20.0,
    0.05,
)  # seconds, and share of a budget in seconds, after which neither goes on
LONG = 600.0  # seconds of a run from which half a minute of compiling pays on a processor
Step = Callable[[int, Precision], None]
Way = tuple[int, Precision]


@dataclass(frozen=True)
class Calibration:
    """What a run keeps to from its first step to its last."""

    steps: int
    threads: int
    precision: Precision
    seconds_per_step: float
    compiled: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def calibrate(
    config: ModelStageConfig,
    rows: int,
    row_length: int,
    step: Step,
    compile_layers: Callable[[], None] | None = None,
) -> Calibration:
    """Choose threads and precision by trying them with `step(rows, precision)`, then count steps.

    Before a long run `compile_layers`, if given, is tried too, after which `step` takes compiled ones.
    """
    patience = min(PATIENCE, SHARE * config.seconds) if config.seconds else PATIENCE
    threads, precision = _fastest(_ways(config), rows, step, patience)
    torch.set_num_threads(threads)
    each, compiled = _each(lambda: step(rows, precision), patience), False
    tokens = rows * row_length
    lasts = each * config.tokens / tokens if config.tokens else config.seconds
    if compile_layers is not None and lasts >= LONG:
        each, compiled = _with_compiling(compile_layers, lambda: step(rows, precision))
    steps = config.tokens // tokens if config.tokens else int(config.seconds / each)
    return Calibration(max(1, steps), threads, precision, each, compiled)


def settled(config: ModelStageConfig) -> ModelStageConfig:
    """What a GPU leaves to choose, which is nothing: bf16 is faster, and threads have little to do."""
    precision = "bf16" if config.precision == "auto" else config.precision
    return replace(config, threads=config.threads or core_count(), precision=precision)


def _ways(config: ModelStageConfig) -> list[Way]:
    """What the recipe leaves open: all threads or half of them, bf16 or fp32."""
    cores = core_count()
    threads = [config.threads] if config.threads else sorted({cores, max(1, cores // 2)})
    precisions: tuple[Precision, ...] = (
        ("bf16", "fp32") if config.precision == "auto" else (config.precision,)
    )
    return [(number, precision) for number in threads for precision in precisions]


def _fastest(ways: list[Way], rows: int, step: Step, patience: float) -> Way:
    """The way whose best try is the best: in turns, so that a busy moment harms none alone."""
    best = dict.fromkeys(ways, math.inf)
    start = time.perf_counter()
    for _ in range(ROUNDS if len(ways) > 1 else 0):
        if _enough(start, patience):
            break
        for threads, precision in ways:
            torch.set_num_threads(threads)
            seconds = _seconds(lambda: step(rows, precision))  # noqa: B023 - called at once
            best[threads, precision] = min(best[threads, precision], seconds)
    return min(ways, key=lambda way: best[way])


def _with_compiling(
    compile_layers: Callable[[], None], step: Callable[[], None]
) -> tuple[float, bool]:
    """Seconds of a step, and whether of a compiled one: both ways are timed in turns.

    Where torch cannot compile, say for want of a compiler, plain ones it is.
    """
    ways: dict[bool, list[float]] = {False: [], True: []}
    compile_layers()
    try:
        step()
    except torch._dynamo.exc.TorchDynamoException:
        ways.pop(True)
    start = time.perf_counter()
    while len(ways[False]) < TIMED_STEPS and not (ways[False] and _enough(start, PATIENCE)):
        for compiled, found in ways.items():
            with torch.compiler.set_stance("default" if compiled else "force_eager"):
                found.append(_seconds(step))
    return min((median(found), compiled) for compiled, found in ways.items())


def _each(step: Callable[[], None], patience: float) -> float:
    """Seconds of a step, the median of several."""
    start, found = time.perf_counter(), [_seconds(step)]
    while len(found) < TIMED_STEPS and not _enough(start, patience):
        found.append(_seconds(step))
    return median(found)


def _enough(start: float, patience: float) -> bool:
    """Whether patience is at its end, for all processes alike."""
    return here().told(time.perf_counter() - start > patience)


def _seconds(step: Callable[[], None]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start
