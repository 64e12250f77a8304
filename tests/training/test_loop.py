"""The loop: parts of a batch add up to it, it learns, and passes over a loss that is no number."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from codekiln.errors import TrainingError
from codekiln.inputs import RowStore
from codekiln.model.config import ModelConfig
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer.special import PADDING
from codekiln.training import ModelStageConfig, learner
from codekiln.training.calibration import Calibration
from codekiln.training.causal import Causal
from codekiln.training.checkpoint import newest_checkpoint
from codekiln.training.learner import Learner
from codekiln.training.loop import Training
from codekiln.training.state import restore
from fakes import tiny_tokenizer
from model.shapes import random_model

TOKENIZER = tiny_tokenizer()
SHAPE = ModelConfig.from_depth(1, TOKENIZER.vocabulary_size, 128)
CONFIG = ModelStageConfig(depth=1, tokens=1, batch_tokens=1024, checkpoint_seconds=1000.0)


def new_learner(config=CONFIG):
    model = random_model(SHAPE).train()
    return Learner(config, model, Causal(TOKENIZER.end, TOKENIZER.special(PADDING)))


def train(one, stores, plan, out):
    return Training(one, *stores, plan, out).run()


@pytest.fixture
def stores(given):
    return [RowStore.of(given["inputs"], split) for split in ("train", "held_out")]


def one_update(monkeypatch, micro_tokens, rows):
    """Loss, norm and gradients, before they are clipped, of rows in parts of `micro_tokens` tokens."""
    gradients = {}

    def look(model, limit):
        gradients.update({name: p.grad.clone() for name, p in model.named_parameters()})
        return clip(model, limit)

    clip = learner.clip_gradients
    config = replace(CONFIG, micro_tokens=micro_tokens)
    with monkeypatch.context() as patch:
        patch.setattr(learner, "clip_gradients", look)
        return (*new_learner(config).gradients(rows, 0, "fp32"), gradients)


@pytest.mark.parametrize("micro_tokens", [1, 128, 300])
def test_parts_of_a_batch_add_up_to_it(monkeypatch, stores, micro_tokens):
    rows = torch.from_numpy(stores[0][range(7)])
    rows[2, 20:] = TOKENIZER.special(PADDING)  # so that a mean of means is not the mean
    loss, norm, gradients = one_update(monkeypatch, 1_000_000, rows)
    parts = one_update(monkeypatch, micro_tokens, rows)
    assert parts[:2] == pytest.approx((loss, norm), rel=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(parts[2][name], gradient, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("recompute", [False, True])
def test_the_loss_is_the_mean_over_labelled_tokens(stores, recompute):
    rows = torch.from_numpy(stores[0][range(5)])
    one = new_learner(replace(CONFIG, recompute=recompute))
    losses = [one.mean_loss(rows[n : n + 1], "fp32") for n in range(5)]
    counts = [int((row[1:] != TOKENIZER.special(PADDING)).sum()) for row in rows]
    assert len(set(counts)) > 1
    mean = np.average(losses, weights=counts)
    assert one.mean_loss(rows, "fp32") == pytest.approx(mean, rel=1e-5)
    assert one.gradients(rows, 0, "fp32")[0] == pytest.approx(mean, rel=1e-5)


def test_recomputing_layers_changes_no_gradient(stores):
    rows = torch.from_numpy(stores[0][range(5)])
    kept, again = new_learner(), new_learner(replace(CONFIG, recompute=True))
    for one in (kept, again):
        one.gradients(rows, 0, "fp32")
    for first, second in zip(kept.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(first.grad, second.grad)


def unigram_entropy(rows):
    """Nats a token of the best model that looks at no other token."""
    labels = rows[:, 1:]
    counts = np.unique(labels[labels != TOKENIZER.special(PADDING)], return_counts=True)[1]
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_learns(stores, tmp_path, precision):
    entropy = unigram_entropy(stores[1][range(len(stores[1]))])
    end = train(new_learner(), stores, Calibration(40, 1, precision, 0.1), tmp_path)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert rows[0]["loss"] > entropy
    assert rows[-1]["held_out_loss"] < entropy / 2
    assert [row["step"] for row in rows] == list(range(1, 41))
    assert (end.step, end.loader, end.skipped) == (40, 40 * 8, 0)
    assert end.held_out_loss == rows[-1]["held_out_loss"]
    assert rows[-1]["tokens"] == 40 * 1024
    assert not (tmp_path / "checkpoints").exists()


class Broken(Causal):
    """Some steps give no number, as if a device had failed."""

    def __init__(self, steps):
        super().__init__(TOKENIZER.end, TOKENIZER.special(PADDING))
        self.steps, self.seen = steps, 0

    def loss(self, model, batch):
        loss = super().loss(model, batch)
        if not torch.is_grad_enabled():
            return loss
        self.seen += 1
        return loss * float("nan") if self.seen in self.steps else loss


def test_a_loss_that_is_no_number_is_passed_over(stores, tmp_path):
    one, broken = new_learner(), Broken({4, 5, 9})
    one.objective = broken
    end = train(one, stores, Calibration(12, 1, "fp32", 0.1), tmp_path)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert [row["step"] for row in rows if row["loss"] is None] == [4, 5, 9]
    assert [row["skipped"] for row in rows if "skipped" in row] == [1, 2, 3]
    assert end.skipped == 3
    assert rows[-1]["loss"] < rows[0]["loss"] / 2
    assert all(torch.isfinite(weight).all() for weight in one.model.state_dict().values())


def test_too_many_of_them_stop_the_run_with_what_was_learned(stores, tmp_path):
    config = replace(CONFIG, learning_rate=0.5, tolerance=2, checkpoint_seconds=1e-9)
    one = new_learner(config)
    one.objective = Broken(range(6, 100))
    remedy = r"3 steps in a row .* up to step 8.*set model\.learning_rate to 0\.25 or .*fp32.*checkpoints"
    with pytest.raises(TrainingError, match=remedy):
        train(one, stores, Calibration(12, 1, "fp32", 0.1), tmp_path)
    left = newest_checkpoint(tmp_path / "checkpoints")
    assert left.position.step == 7
    again = new_learner(config)
    restore(again, left)
    assert all(torch.isfinite(weight).all() for weight in again.model.state_dict().values())


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("g++"), reason="torch compiles with g++")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("bf16", 2e-2)])
def test_compiled_layers_learn_what_plain_ones_do(stores, precision, tolerance):
    rows = torch.from_numpy(stores[0][range(4)])
    plain, compiled = new_learner(), new_learner(replace(CONFIG, compile="on"))
    figures = [one.gradients(rows, 0, precision) for one in (plain, compiled)]
    assert figures[1] == pytest.approx(figures[0], rel=tolerance)
    for expected, found in zip(plain.model.parameters(), compiled.model.parameters(), strict=True):
        assert (found.grad - expected.grad).norm() <= tolerance * expected.grad.norm()


def test_what_does_not_fit_the_memory_says_what_to_lower(stores, tmp_path):
    class Hungry(Causal):
        def loss(self, model, batch):
            raise torch.OutOfMemoryError("CUDA out of memory")

    one = new_learner(replace(CONFIG, micro_tokens=512))
    one.objective = Hungry(TOKENIZER.end, TOKENIZER.special(PADDING))
    with pytest.raises(TrainingError, match=r"512 tokens .*set model\.micro_tokens to 256"):
        train(one, stores, Calibration(3, 1, "fp32", 0.1), tmp_path)


class Drawing(Causal):
    """What is random in a step, as in dropout, changes its loss."""

    def loss(self, model, batch):
        loss = super().loss(model, batch)
        return loss * (0.5 + torch.rand(())) if torch.is_grad_enabled() else loss


@pytest.mark.parametrize("objective", [Causal, Drawing])
def test_a_resumed_run_is_the_same_run(stores, tmp_path, objective):
    often = ModelStageConfig(depth=1, tokens=1, batch_tokens=1024, checkpoint_seconds=1e-9)
    plan, folders = Calibration(12, 1, "fp32", 0.1), [tmp_path / "whole", tmp_path / "parts"]
    for folder in folders:
        folder.mkdir()
    whole, stopped, again = new_learner(), new_learner(often), new_learner(often)
    for one in (whole, stopped, again):
        one.objective = objective(TOKENIZER.end, TOKENIZER.special(PADDING))
    torch.manual_seed(0)
    train(whole, stores, plan, folders[0])
    torch.manual_seed(0)
    with pytest.raises(KeyboardInterrupt), listening(interrupting_after(5)):
        train(stopped, stores, plan, folders[1])
    torch.manual_seed(1)
    train(again, stores, plan, folders[1])
    first, second = (
        [{**row, "seconds": 0} for row in read_metrics(folder / "metrics.jsonl")]
        for folder in folders
    )
    assert first == second
    assert len(first) == 12
    for name, tensor in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], tensor)


def interrupting_after(steps):
    """Stops a run as Ctrl-C does."""

    def listener(event):
        if event.done == steps and not event.finished:
            raise KeyboardInterrupt

    return listener
