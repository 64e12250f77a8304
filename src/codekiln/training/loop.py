"""The training loop: one step after another, resumable at each. Nothing is drawn here."""

import math
import time
from contextlib import closing
from pathlib import Path

import torch
from torch import Tensor

from codekiln.errors import TrainingError
from codekiln.inputs import RowLoader, RowStore
from codekiln.model.transformer import Transformer
from codekiln.telemetry import Metrics, progress
from codekiln.training.calibration import Calibration
from codekiln.training.checkpoint import Position, load_checkpoint, save_checkpoint
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.objective import causal_loss, causal_targets
from codekiln.training.optimizer import MuonWithAdamW, clip_gradients
from codekiln.training.schedule import warmup_stable_decay

MICRO_TOKENS = 2048  # what goes through the model at once; larger falls out of the cache
HELD_OUT_ROWS = 16
HELD_OUT_TIMES = 8


class Trainer:
    """A model, its optimiser and the loop over both."""

    def __init__(
        self, config: ModelStageConfig, model: Transformer, end: int, padding: int
    ) -> None:
        self.config, self.model = config, model
        self._end, self._padding = end, padding
        self._device = next(model.parameters()).device
        self._optimizer = MuonWithAdamW(model, config.matrix_rate(), config.weight_decay)

    def update(self, rows: Tensor, precision: Precision, scale: float) -> tuple[float, float]:
        """One step on `rows [B, T + 1]`; the mean loss in nats a token, and the gradient's norm."""
        labelled = int((rows[:, 1:] != self._padding).sum())
        total = 0.0
        for part in rows.split(max(1, MICRO_TOKENS // (rows.shape[1] - 1))):
            loss = self._loss(part, precision) / labelled
            loss.backward()
            total += float(loss.detach())
        norm = clip_gradients(self.model, self.config.clip)
        self._optimizer.step(scale)
        return total, norm

    def held_out_loss(self, rows: Tensor, precision: Precision) -> float:
        """Mean loss in nats a token on rows that are not trained on."""
        labelled = int((rows[:, 1:] != self._padding).sum())
        with torch.no_grad():
            return float(self._loss(rows, precision)) / labelled

    def _loss(self, rows: Tensor, precision: Precision) -> Tensor:
        ids, labels, documents = causal_targets(rows.to(self._device), self._end, self._padding)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=precision == "bf16"):
            return causal_loss(self.model, ids, labels, documents)

    def train(self, train: RowStore, held_out: RowStore, plan: Calibration, out: Path) -> Position:
        """Go from the newest checkpoint under `out`, or from the start, to the last step.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        here = self._resume(out / "checkpoints")
        batch = max(1, self.config.batch_tokens // train.length)
        loader = RowLoader(train, batch, self.config.seed, here.loader)
        sample = torch.from_numpy(held_out[range(min(HELD_OUT_ROWS, len(held_out)))])
        metrics = Metrics(out / "metrics.jsonl", keep=lambda row: row["step"] <= here.step)
        began = time.perf_counter() - here.seconds  # the clock goes on where it was stopped
        saved = time.perf_counter()
        bar = progress("training", plan.steps, "steps", start=here.step)
        with closing(metrics), bar as task:
            for step in range(here.step, plan.steps):
                row = self._step(step, loader, plan)
                here = Position(step + 1, loader.position, time.perf_counter() - began)
                row["tokens"] = here.loader * train.length
                row["seconds"] = round(here.seconds, 3)
                if here.step % max(1, plan.steps // HELD_OUT_TIMES) == 0:
                    row["held_out_loss"] = self.held_out_loss(sample, plan.precision)
                metrics.write(row)
                speed = round(row["tokens"] / here.seconds)
                task.advance(loss=round(row["loss"], 3), tokens_per_second=speed)
                if time.perf_counter() - saved > self.config.checkpoint_seconds:
                    self._save(out / "checkpoints", here)
                    saved = time.perf_counter()
        return here

    def _step(self, step: int, loader: RowLoader, plan: Calibration) -> dict[str, float]:
        """Take the next batch and learn from it; the row it leaves in the metrics."""
        scale = warmup_stable_decay(step, plan.steps, self.config.warmup, self.config.decay)
        loss, norm = self.update(torch.from_numpy(loader.next_batch()), plan.precision, scale)
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss at step {step + 1} is not a number: set model.learning_rate to "
                f"{self.config.matrix_rate() / 2:g} or model.precision to fp32."
            )
        return {"step": step + 1, "loss": loss, "gradient_norm": norm, "rate_scale": scale}

    def _save(self, folder: Path, position: Position) -> None:
        save_checkpoint(folder, position, self.model.state_dict(), self._optimizer.tensors())

    def _resume(self, folder: Path) -> Position:
        found = load_checkpoint(folder)
        if found is None:
            return Position(0, 0, 0.0)
        position, weights, optimizer = found
        self.model.load_state_dict(weights)
        self._optimizer.restore(optimizer)
        return position
