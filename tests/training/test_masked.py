"""Masked language modelling and next segments: labels by hand, the losses written out, and they learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from codekiln.inputs.masking import Masking
from codekiln.model.bidirectional import Bidirectional
from codekiln.model.config import ModelConfig
from codekiln.tokenizer.special import MASK, PADDING, SEPARATOR
from codekiln.training import ModelStageConfig, masked
from codekiln.training.cross_entropy import IGNORED
from codekiln.training.learner import Learner
from codekiln.training.masked import Masked
from codekiln.training.next_segment import NextSegment
from fakes import tiny_tokenizer
from model.heads import plain_odds, random_heads
from model.shapes import random_model

TOKENIZER = tiny_tokenizer()
END, SEP, PAD = (TOKENIZER.end, *map(TOKENIZER.special, (SEPARATOR, PADDING)))
T = 64
SHAPE = replace(ModelConfig.from_depth(1, TOKENIZER.vocabulary_size, T), causal=False)


def rows_of_pairs(count, seed=0):
    """Two segments of one repeated token each; the second follows if it repeats the same one."""
    generator = np.random.default_rng(seed)
    rows = np.full((count, T + 1), PAD)
    for row in rows:
        first, other = generator.choice(np.arange(40, 60), 2, replace=False)
        follows = generator.integers(2)
        second = first if follows else other
        length = generator.integers(10, 29)
        ids = [END, *[first] * 30, SEP, *[second] * length, END]
        row[: len(ids)], row[-1] = ids, follows
    return torch.from_numpy(rows)


def encoder(seed=0):
    torch.manual_seed(seed)
    model = Bidirectional(SHAPE)
    body = random_model(replace(SHAPE, causal=True), seed).state_dict()
    model.load_state_dict(body | random_heads(model, seed), strict=False)
    return model


def plain_losses(model, batch, rows):
    """Both losses from all logits, with a dense mask."""
    real = rows[:, :-1] != PAD
    hidden = model(batch["ids"], (~real).long())
    logits = model.logits(hidden)
    chosen = batch["labels"] != IGNORED
    guesses = F.cross_entropy(logits[chosen], rows[:, :-1][chosen])
    odds = plain_odds(model, hidden, batch["ids"], PAD)
    both = torch.stack([-odds, odds], dim=1)  # e^odds / (1 + e^odds) is a softmax of these
    return guesses, F.cross_entropy(both / 2, rows[:, -1])


def test_labels_are_what_was_hidden_and_nothing_else():
    rows = rows_of_pairs(50)
    batch = NextSegment(Masked(TOKENIZER, seed=7)).prepare(rows, 100)
    shown, chosen = Masking(TOKENIZER, 7).hide(rows[:, :-1].numpy(), 100)
    assert torch.equal(batch["ids"], torch.from_numpy(shown))
    assert (batch["ids"] == TOKENIZER.special(MASK)).any()
    assert torch.equal(batch["labels"] != IGNORED, torch.from_numpy(chosen))
    assert torch.equal(batch["labels"][chosen], rows[:, :-1][chosen])
    assert torch.equal(batch["next"], rows[:, -1])
    assert torch.equal(batch["documents"], (rows[:, :-1] == PAD).long())
    assert batch.counts == {"guesses": int(chosen.sum()), "pairs": 50}


def test_rows_that_are_full_have_no_mask():
    rows = torch.full((3, T), 50)
    assert "documents" not in Masked(TOKENIZER, seed=7).prepare(rows, 0).tensors


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_loss_is_the_plain_one_however_the_batch_is_taken_apart(size):
    rows, model, objective = rows_of_pairs(20), encoder(), NextSegment(Masked(TOKENIZER, seed=7))
    batch = objective.prepare(rows, 0)
    guesses, pairs = plain_losses(model, batch, rows)
    (guesses + pairs).backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    total = 0.0
    for part in batch.parts(size):
        loss = objective.loss(model, part)
        loss.backward()
        total += loss.item()
    assert total == pytest.approx((guesses + pairs).item(), rel=1e-5)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-3, atol=1e-5, msg=name)
    alone = Masked(TOKENIZER, seed=7)
    only = alone.prepare(rows[:, :-1], 0)
    assert alone.loss(model, only).item() == pytest.approx(guesses.item(), rel=1e-5)


def test_a_batch_in_which_nothing_is_hidden_costs_nothing():
    objective = Masked(TOKENIZER, seed=7)
    batch = objective.prepare(torch.full((2, T), END), 0)
    loss = objective.loss(encoder(), batch)
    assert loss.item() == 0
    loss.backward()


def test_it_learns_both():
    torch.manual_seed(0)
    config = ModelStageConfig(depth=1, objective="masked", micro_tokens=100_000)
    learner = Learner(config, Bidirectional(SHAPE), NextSegment(Masked(TOKENIZER, seed=7)))
    for step in range(60):
        learner.gradients(rows_of_pairs(64, seed=step), step * 64, "fp32")
        learner.update(1.0)
    rows = rows_of_pairs(200, seed=1000)
    batch = learner.objective.prepare(rows, 0)
    with torch.no_grad():
        guesses, pairs = plain_losses(learner.model, batch, rows)
        hidden = learner.model(batch["ids"], batch["documents"])
    assert guesses < 0.5  # nats; a token drawn from these rows has ln 20
    right = (plain_odds(learner.model, hidden, batch["ids"], PAD) > 0).long() == rows[:, -1]
    assert right.float().mean() > 0.9
    assert pairs < 0.4


def test_on_a_gpu_the_number_of_guesses_is_even(monkeypatch):
    """Filled up with what counts for nothing: the loss stays."""
    rows, model, objective = rows_of_pairs(20), encoder(), Masked(TOKENIZER, seed=7)
    batch = objective.prepare(rows[:, :-1], 0)
    seen = []

    def score(streams, weight, labels):
        seen.append(len(labels))
        return plain(streams, weight, labels)

    plain = masked.cross_entropy
    monkeypatch.setattr(masked, "cross_entropy", score)
    before = objective.loss(model, batch)
    monkeypatch.setattr(masked, "EVEN", {"cpu": 128})
    after = objective.loss(model, batch)
    assert seen[0] == batch.counts["guesses"]
    assert seen[0] % 128
    assert seen[1] == -(-seen[0] // 128) * 128
    torch.testing.assert_close(before, after)
