"""The loop: parts of a batch add up to it, it learns, and a loss that is no number stops it."""

import numpy as np
import pytest
import torch

from codekiln.errors import TrainingError
from codekiln.inputs import RowStore
from codekiln.model.config import ModelConfig
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer.special import PADDING
from codekiln.training import ModelStageConfig, loop
from codekiln.training.calibration import Calibration
from codekiln.training.loop import Trainer
from fakes import tiny_tokenizer
from model.shapes import random_model

TOKENIZER = tiny_tokenizer()
SHAPE = ModelConfig.from_depth(1, TOKENIZER.vocabulary_size, 128)
CONFIG = ModelStageConfig(depth=1, tokens=1, batch_tokens=1024, checkpoint_seconds=1000.0)


def trainer(config=CONFIG):
    model = random_model(SHAPE).train()
    return Trainer(config, model, TOKENIZER.end, TOKENIZER.special(PADDING))


@pytest.fixture
def stores(given):
    return [RowStore.of(given["inputs"], split) for split in ("train", "held_out")]


def one_update(monkeypatch, micro_tokens, rows):
    """Loss, norm and gradients of one update whose parts have `micro_tokens` tokens."""
    gradients = {}

    def look(model, limit):
        gradients.update({name: p.grad.clone() for name, p in model.named_parameters()})
        return clip(model, limit)

    clip = loop.clip_gradients
    with monkeypatch.context() as patch:
        patch.setattr(loop, "MICRO_TOKENS", micro_tokens)
        patch.setattr(loop, "clip_gradients", look)
        return (*trainer().update(rows, "fp32", 1.0), gradients)


@pytest.mark.parametrize("micro_tokens", [1, 128, 300])
def test_parts_of_a_batch_add_up_to_it(monkeypatch, stores, micro_tokens):
    rows = torch.from_numpy(stores[0][range(7)])
    rows[2, 20:] = TOKENIZER.special(PADDING)  # so that a mean of means is not the mean
    loss, norm, gradients = one_update(monkeypatch, 1_000_000, rows)
    parts = one_update(monkeypatch, micro_tokens, rows)
    assert parts[:2] == pytest.approx((loss, norm), rel=1e-5)
    for name, gradient in gradients.items():
        torch.testing.assert_close(parts[2][name], gradient, rtol=1e-4, atol=1e-6, msg=name)


def test_the_loss_is_the_mean_over_labelled_tokens(stores):
    rows = torch.from_numpy(stores[0][range(5)])
    one = trainer()
    losses = [one.held_out_loss(rows[n : n + 1], "fp32") for n in range(5)]
    counts = [int((row[1:] != TOKENIZER.special(PADDING)).sum()) for row in rows]
    assert len(set(counts)) > 1
    mean = np.average(losses, weights=counts)
    assert one.held_out_loss(rows, "fp32") == pytest.approx(mean, rel=1e-5)
    assert one.update(rows, "fp32", 1.0)[0] == pytest.approx(mean, rel=1e-5)


def unigram_entropy(rows):
    """Nats a token of the best model that looks at no other token."""
    labels = rows[:, 1:]
    counts = np.unique(labels[labels != TOKENIZER.special(PADDING)], return_counts=True)[1]
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_learns(stores, tmp_path, precision):
    train, held_out = stores
    one = trainer()
    entropy = unigram_entropy(held_out[range(len(held_out))])
    end = one.train(train, held_out, Calibration(40, 1, precision, 0.1), tmp_path)
    rows = read_metrics(tmp_path / "metrics.jsonl")
    assert rows[0]["loss"] > entropy
    assert rows[-1]["held_out_loss"] < entropy / 2
    assert [row["step"] for row in rows] == list(range(1, 41))
    assert (end.step, end.loader) == (40, 40 * 8)
    assert rows[-1]["tokens"] == 40 * 1024
    assert not (tmp_path / "checkpoints").exists()


def test_a_loss_that_is_no_number_stops_it(stores, tmp_path):
    one = trainer(ModelStageConfig(tokens=1, learning_rate=0.5, batch_tokens=1024))
    with torch.no_grad():
        one.model.model.norm.weight[3] = float("nan")
    remedy = r"step 1 is not a number: set model\.learning_rate to 0\.25 or .*fp32"
    with pytest.raises(TrainingError, match=remedy):
        one.train(*stores, Calibration(3, 1, "fp32", 0.1), tmp_path)


def test_a_number_does_not(stores, tmp_path):
    assert trainer().train(*stores, Calibration(3, 1, "fp32", 0.1), tmp_path).step == 3


def test_a_resumed_run_is_the_same_run(stores, tmp_path):
    often = ModelStageConfig(depth=1, tokens=1, batch_tokens=1024, checkpoint_seconds=1e-9)
    plan, folders = Calibration(12, 1, "fp32", 0.1), [tmp_path / "whole", tmp_path / "parts"]
    for folder in folders:
        folder.mkdir()
    whole, again = trainer(), trainer(often)
    whole.train(*stores, plan, folders[0])
    with pytest.raises(KeyboardInterrupt), listening(interrupting_after(5)):
        trainer(often).train(*stores, plan, folders[1])
    again.train(*stores, plan, folders[1])
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
