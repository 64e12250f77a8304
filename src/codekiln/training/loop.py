"""The training loop: one step after another, resumable at each. Nothing is drawn here."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import torch

from codekiln.errors import TrainingError
from codekiln.inputs import RowLoader, RowSource, RowStore
from codekiln.telemetry import progress
from codekiln.training.calibration import Calibration
from codekiln.training.checkpoint import Position, newest_checkpoint, save_checkpoint
from codekiln.training.gauge import Gauge
from codekiln.training.guard import SpikeGuard
from codekiln.training.journal import Row, Write, journal
from codekiln.training.learner import Learner
from codekiln.training.schedule import warmup_stable_decay
from codekiln.training.state import restore, state_of

HELD_OUT_ROWS = 64
HELD_OUT_TIMES = 8

Sampler = Callable[[int], None]  # looks at the model after so many steps


class Training:
    """A run: a learner, its rows, and the plan it keeps to.

    All processes go through it in step; the first one's clock counts, and it alone writes metrics.
    """

    def __init__(
        self, learner: Learner, train: RowSource, held_out: RowStore, plan: Calibration, out: Path
    ) -> None:
        """`out` takes the metrics and, in a folder of their own, the checkpoints."""
        self._learner, self._train, self._plan, self._out = learner, train, plan, out
        self._held_out = torch.from_numpy(held_out[range(min(HELD_OUT_ROWS, len(held_out)))])
        self._checkpoints = out / "checkpoints"
        self._here = self._resume()
        config = learner.config
        rows = config.step_rows(train.length)
        self._loader = RowLoader(train, rows, config.seed, self._here.loader)
        self._guard = SpikeGuard(config.tolerance, self._here.recent, self._here.skipped)

    def run(self, sample: Sampler | None = None) -> Position:
        """Go from the newest checkpoint, or from the start, to the last step.

        Raises:
            TrainingError: too many steps in a row failed, or the memory does not suffice.
        """
        start, steps = self._here, self._plan.steps
        began = time.perf_counter() - start.seconds  # the clock goes on where it was stopped
        saved = time.perf_counter()
        bar = progress("training", steps, "steps", start=start.step)
        with self._journal() as write, bar as task:
            gauge = Gauge(task, self._learner, self._train.length, self._plan)
            for step in range(start.step, steps):
                row = self._step(step)
                if self._looks_up(step):
                    row["held_out_loss"] = self._look_up(step, sample)
                self._here = replace(self._here, seconds=time.perf_counter() - began)
                row["tokens"] = self._here.loader * self._train.length
                row["seconds"] = round(self._here.seconds, 3)
                write(row)
                gauge.show(row)
                if self._guard.exhausted:
                    raise TrainingError(self._what_to_try())
                if self._due(saved):
                    save_checkpoint(self._checkpoints, self._here, state_of(self._learner))
                    saved = time.perf_counter()
        return self._here

    def _journal(self) -> AbstractContextManager[Write]:
        """What a row is given to; only the first process writes any down."""
        if not self._learner.world.first:
            return nullcontext(lambda _: None)
        board = self._learner.config.tensorboard
        return journal(self._out, self._here.step, tensorboard=board)

    def _due(self, saved: float) -> bool:
        """Whether it is time for a checkpoint, for all processes alike."""
        due = time.perf_counter() - saved > self._learner.config.checkpoint_seconds
        return self._learner.world.told(due)

    def _step(self, step: int) -> Row:
        """Take the next batch and learn from it, or pass it over; the row it leaves in the metrics."""
        config, guard = self._learner.config, self._guard
        scale = warmup_stable_decay(step, self._plan.steps, config.warmup, config.decay)
        first = self._loader.position
        rows = torch.from_numpy(self._loader.next_batch())
        loss, norm = self._learner.gradients(rows, first, self._plan.precision)
        row = {"step": step + 1, "loss": loss, "gradient_norm": norm, "rate_scale": scale}
        if guard.accepts(loss, norm):
            self._learner.update(scale)
        else:
            self._learner.discard()
            row["skipped"] = guard.skipped
        self._here = replace(
            self._here,
            step=step + 1,
            loader=self._loader.position,
            skipped=guard.skipped,
            recent=guard.recent(),
        )
        # JSON has no word for what is no number.
        return {name: value if math.isfinite(value) else None for name, value in row.items()}

    def _looks_up(self, step: int) -> bool:
        return (step + 1) % max(1, self._plan.steps // HELD_OUT_TIMES) == 0

    def _look_up(self, step: int, sample: Sampler | None) -> float:
        """See how the model does on what it is not trained on."""
        loss = self._learner.mean_loss(self._held_out, self._plan.precision)
        self._here = replace(self._here, held_out_loss=loss)
        if sample is not None:
            sample(step + 1)
        return loss

    def _what_to_try(self) -> str:
        rate = self._learner.config.matrix_rate()
        return (
            f"{self._guard.in_a_row} steps in a row gave a loss that jumped or was no number, up to step "
            f"{self._here.step}, and were passed over: set model.learning_rate to {rate / 2:g} or "
            f"model.precision to fp32. What was learned before them is in {self._checkpoints}."
        )

    def _resume(self) -> Position:
        found = newest_checkpoint(self._checkpoints)
        if found is None:
            return Position(0, 0, 0.0)
        restore(self._learner, found)
        return found.position
