"""What a person watching a run wants to know: loss, speed, share of the hardware's peak, memory."""

import time
from collections import deque
from collections.abc import Mapping

from codekiln.telemetry import Progress
from codekiln.training.calibration import Calibration
from codekiln.training.learner import Learner
from codekiln.training.throughput import flops_per_token, memory_in_use, peak_flops

RECENT = 20  # steps over which the speed is taken


class Gauge:
    """Moves a bar on, with figures; the time left follows from the bar's own speed."""

    def __init__(self, task: Progress, learner: Learner, length: int, plan: Calibration) -> None:
        """`length` is that of a row in tokens."""
        self._task, self._device = task, learner.device
        self._flops = flops_per_token(learner.model.config, length, learner.learned())
        self._peak = peak_flops(learner.device, plan.precision) * learner.world.size
        self._seen: deque[tuple[float, float]] = deque(maxlen=RECENT + 1)

    def show(self, row: Mapping[str, float | None]) -> None:
        """One step on: `row` is what it left in the metrics."""
        tokens, loss = row["tokens"], row["loss"]
        assert tokens is not None
        self._seen.append((time.perf_counter(), tokens))
        figures: dict[str, float | str] = {"loss": "no number" if loss is None else round(loss, 3)}
        if len(self._seen) > 1:
            (first, before), (last, after) = self._seen[0], self._seen[-1]
            speed = (after - before) / (last - first)
            figures["tokens_per_second"] = round(speed)
            figures["of_peak"] = f"{speed * self._flops / self._peak:.0%}"
        figures["memory"] = f"{memory_in_use(self._device) / 1e9:.1f} GB"
        self._task.advance(**figures)
