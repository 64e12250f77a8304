"""The training loop: one step after another, resumable at each. Nothing is drawn here."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from codekiln.errors import TrainingError
from codekiln.inputs import RowLoader, RowSource, RowStore
from codekiln.telemetry import progress
from codekiln.training.calibration import Calibration
from codekiln.training.checkpoint import (
    Position,
    checkpoint_at,
    newest_checkpoint,
    save_checkpoint,
)
from codekiln.training.gauge import Gauge
from codekiln.training.guard import SpikeGuard
from codekiln.training.journal import Row, Write, journal
from codekiln.training.learner import Learner
from codekiln.training.schedule import warmup_stable_decay
from codekiln.training.state import restore, restore_weights, state_of
from codekiln.training.stopping import Stopping

HELD_OUT_ROWS = 64
HELD_OUT_TIMES = 8
FEWEST_ROWS, HELD_OUT_SHARE = 8, 0.04  # of all rows of the run: eight looks then cost a tenth of it
LATE = 1.15  # of a budget in seconds: looks and checkpoints are no steps, a machine may slow down

Sampler = Callable[[int], None]  # looks at the model after so many steps


def evenly(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most so many of `count` places, evenly spread from the first to the last."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.int64)


class Training:
    """A run: a learner, its rows, and the plan it keeps to.

    All processes go through it in step; the first one's clock counts, and it alone writes metrics.
    """

    def __init__(
        self,
        learner: Learner,
        train: RowSource,
        held_out: RowStore,
        plan: Calibration,
        out: Path,
        patience: int = 0,
    ) -> None:
        """`out` takes the metrics and, in a folder of their own, the checkpoints.

        With `patience` for so many looks at held-out rows without gain, the run stops after them, and the
        model is left as it was at the best look, the one before the first step included.
        """
        self._learner, self._train, self._plan, self._out = learner, train, plan, out
        config = learner.config
        rows = config.step_rows(train.length)
        places = np.arange(min(HELD_OUT_ROWS, len(held_out)))
        if patience:  # a short run is not to be mostly looks, and these decide
            most = max(FEWEST_ROWS, int(HELD_OUT_SHARE * rows * plan.steps))
            places = evenly(len(held_out), min(most, len(places)))
        self._held_out = torch.from_numpy(held_out[places])
        self._checkpoints = out / "checkpoints"
        self._here = self._resume()
        self._stopping = Stopping(patience, self._here.best_loss, self._here.vain)
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
            if self._stopping.patience and self._here.best_loss == math.inf:
                self._look_up(None)
                self._save()
            for step in range(start.step, steps):
                if self._stopping.over or self._late():
                    break
                row, best = self._step(step), False
                if self._looks_up(step):
                    row["held_out_loss"], best = self._look_up(sample)
                self._here = replace(self._here, seconds=time.perf_counter() - began)
                row["tokens"] = self._here.loader * self._train.length
                row["seconds"] = round(self._here.seconds, 3)
                write(row)
                gauge.show(row)
                if self._guard.exhausted:
                    raise TrainingError(self._what_to_try())
                if best or self._due(saved):
                    self._save()
                    saved = time.perf_counter()
        if self._stopping.patience:
            self._go_back()
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

    def _late(self) -> bool:
        """Whether a run that may stop early has used up its seconds; for all processes alike."""
        most = LATE * self._learner.config.seconds
        late = bool(self._stopping.patience) and 0 < most < self._here.seconds
        return self._learner.world.told(late)

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

    def _look_up(self, sample: Sampler | None) -> tuple[float, bool]:
        """See how the model does on what it is not trained on, and whether it is to be kept for that."""
        loss = self._learner.mean_loss(self._held_out, self._plan.precision)
        best = bool(self._stopping.patience) and self._stopping.gains(loss)
        self._here = replace(
            self._here,
            held_out_loss=loss,
            best_loss=self._stopping.best,
            best_step=self._here.step if best else self._here.best_step,
            vain=self._stopping.vain,
        )
        if sample is not None:
            sample(self._here.step)
        return loss, best

    def _save(self) -> None:
        save_checkpoint(self._checkpoints, self._here, state_of(self._learner))

    def _go_back(self) -> None:
        """Take the weights of the best look."""
        best = checkpoint_at(self._checkpoints, self._here.best_step)
        if best is None:
            raise TrainingError(
                f"The checkpoint of step {self._here.best_step} in {self._checkpoints}, the best one, is "
                "damaged: delete that folder and run it again."
            )
        restore_weights(self._learner, best)

    def _what_to_try(self) -> str:
        rate, table = self._learner.config.matrix_rate(), self._learner.config.table
        return (
            f"{self._guard.in_a_row} steps in a row gave a loss that jumped or was no number, up to step "
            f"{self._here.step}, and were passed over: set {table}.learning_rate to {rate / 2:g} or "
            f"{table}.precision to fp32. What was learned before them is in {self._checkpoints}."
        )

    def _resume(self) -> Position:
        found = newest_checkpoint(self._checkpoints)
        if found is None:
            return Position(0, 0, 0.0)
        restore(self._learner, found)
        return found.position
