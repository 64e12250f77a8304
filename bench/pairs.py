"""Timing in pairs: ours and the peer's in turn, so that a machine that drifts slows both alike."""

import time
from collections.abc import Callable
from statistics import median


def ratio(
    ours: Callable[[], object], peer: Callable[[], object], times: int
) -> tuple[float, float]:
    """Median seconds of `ours`, and the median over pairs of peer's time / ours."""
    ours(), peer()
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(times)]
    return median(a for a, _ in pairs), median(b / a for a, b in pairs)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
