"""Two processes learn what one does, whole or in shards; a lost one ends the run, and it goes on from there."""

import json
import math
from dataclasses import replace

import pytest
import torch
from training import crew

from codekiln.inputs import RowStore
from codekiln.model.config import ModelConfig
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer.special import PADDING
from codekiln.training import ModelStageConfig, learner, muon
from codekiln.training.calibration import Calibration
from codekiln.training.causal import Causal
from codekiln.training.learner import Learner
from codekiln.training.loop import Training
from codekiln.training.world import here
from fakes import tiny_tokenizer
from model.shapes import random_model

TOKENIZER = tiny_tokenizer()
SHAPE = ModelConfig.from_depth(2, TOKENIZER.vocabulary_size, 128)
CONFIG = ModelStageConfig(
    depth=2, tokens=1, batch_tokens=1024, micro_tokens=256, checkpoint_seconds=1000.0
)
WAYS = ["ddp", "fsdp"]


class Recording(Causal):
    """Writes down which rows this process learns from, by step."""

    def __init__(self, folder):
        super().__init__(TOKENIZER.end, TOKENIZER.special(PADDING))
        self._path, self._first = folder / f"rows-{here().rank}.jsonl", 0

    def prepare(self, rows, first=0):
        self._first = first
        return super().prepare(rows, first)

    def loss(self, model, batch):
        if torch.is_grad_enabled():
            with self._path.open("a", encoding="utf-8") as file:
                for row in batch["ids"].tolist():
                    file.write(json.dumps([self._first, row]) + "\n")
        return super().loss(model, batch)


def rows_learned(folder):
    """All rows that any process learned from, in the order of the steps."""
    lines = [line for path in folder.glob("rows-*") for line in path.read_text().splitlines()]
    return sorted(json.loads(line) for line in lines)


class OnlyAdamW:
    """AdamW for every weight, instead of Muon for the matrices."""

    def __init__(self, model, learning_rate, weight_decay):
        self._adamw = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
        self._rate = learning_rate

    def step(self, scale):
        self._adamw.param_groups[0]["lr"] = self._rate * scale
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)


def newton_schulz_in_fp32(stacked):
    """In bf16 two roundings of a gradient end 1e-2 apart; that is Muon's, not that of several processes."""
    x = stacked / stacked.norm(dim=(1, 2), keepdim=True).clamp(min=muon.SMALLEST)
    for _ in range(muon.ITERATIONS):
        gram = x @ x.transpose(1, 2)
        x = muon.A * x + (muon.B * gram + muon.C * gram @ gram) @ x
    return x


def train(inputs, out, config, steps, *, adamw=False, until=None):
    """A run of `steps` steps into `out`, or up to `until`; the metrics and the rows lie there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(muon, "_newton_schulz", newton_schulz_in_fp32)
        patch.setattr(torch.Tensor, "bfloat16", torch.Tensor.float)
        if adamw:
            patch.setattr(learner, "MuonWithAdamW", OnlyAdamW)
        one = Learner(config, random_model(SHAPE).train(), Recording(out))
        stores = [RowStore.of(inputs, split) for split in ("train", "held_out")]
        training = Training(one, *stores, Calibration(steps, 1, "fp32", 0.1), out)
        try:
            with listening(interrupting_after(until or math.inf)):
                training.run()
        except KeyboardInterrupt:
            assert until


def interrupting_after(steps):
    def listener(event):
        if event.done == steps and not event.finished:
            raise KeyboardInterrupt

    return listener


def folder(path):
    path.mkdir()
    return path


def assert_close(out, expected, tolerance):
    """All figures of all steps."""
    found, wanted = (read_metrics(one / "metrics.jsonl") for one in (out, expected))
    assert [row["step"] for row in found] == [row["step"] for row in wanted]
    for name in ("loss", "held_out_loss"):
        values = [[row[name] for row in rows if name in row] for rows in (found, wanted)]
        assert values[0] == pytest.approx(values[1], abs=tolerance, rel=0), name


@pytest.fixture(scope="module")
def alone(given, tmp_path_factory):
    """Runs of one process, by optimiser."""
    outs = {}
    for adamw, steps in ((True, 30), (False, 50)):
        out = outs[adamw] = tmp_path_factory.mktemp("alone")
        config = replace(CONFIG, learning_rate=0.003) if adamw else CONFIG
        crew.run(1, train, given["inputs"], out, config, steps)
    return outs
