"""New rows in the tables of tokens: what was known stays known, and the softmax loses next to nothing."""

import math

import numpy as np
import pytest
import torch

from codekiln.model import new_tokens
from codekiln.model.new_tokens import extended
from codekiln.model.transformer import Transformer
from model.shapes import GROUPED, UNTIED, all_logits, random_ids, random_model

NEW = [300, 301, 302]
IDS = random_ids(4, 60)


def with_new(model, tokens):
    weights = {name: t.numpy() for name, t in model.state_dict().items()}
    weights, config = extended(weights, model.config, tokens)
    longer = Transformer(config).eval()
    longer.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
    return longer


def losses(model):
    logits = all_logits(model, IDS)[:, :-1].double()
    return -logits.log_softmax(-1).gather(2, IDS[:, 1:, None]).squeeze(2)


@pytest.mark.parametrize("config", [GROUPED, UNTIED[1]], ids=["tied", "untied"])
def test_old_texts_have_the_same_logits(config):
    model = random_model(config)
    longer = with_new(model, NEW)
    assert longer.config.vocabulary == 303
    assert torch.equal(all_logits(longer, IDS)[..., :300], all_logits(model, IDS))


@pytest.mark.parametrize("config", [GROUPED, UNTIED[1]], ids=["tied", "untied"])
def test_they_cost_no_more_than_the_extra_rows(config, monkeypatch):
    model = random_model(config)
    bound = math.log(1 + len(NEW) / 300)
    monkeypatch.setattr(new_tokens, "SPREAD", 0.0)
    costs = losses(with_new(model, NEW)) - losses(model)
    assert costs.min() > 0
    assert costs.max() <= bound + 1e-6
    monkeypatch.undo()
    spread = losses(with_new(model, NEW)) - losses(model)
    assert spread.min() > 0
    assert spread.mean() < 1.1 * bound


def test_rows_of_nothing_would_cost_more():
    """What is avoided: a row of the usual random numbers can be the likeliest token of all."""
    model = random_model()
    longer = with_new(model, NEW)
    with torch.no_grad():
        longer.output_weight[300:] = 5 * torch.randn(
            3, 64, generator=torch.Generator().manual_seed(0)
        )
    assert (losses(longer) - losses(model)).mean() > 2 * math.log(1 + len(NEW) / 300)


def test_their_mean_and_spread_are_those_of_the_old():
    generator = np.random.default_rng(0)
    turn = generator.normal(size=(8, 8)).astype(np.float32)
    old = (generator.normal(size=(500, 8)) @ turn + 3).astype(np.float32)
    new = new_tokens._like(old, 20_000, np.random.default_rng(1))
    np.testing.assert_allclose(new.mean(axis=0), old.mean(axis=0), atol=0.02)
    expected = new_tokens.SPREAD**2 * np.cov(old.T)
    np.testing.assert_allclose(np.cov(new.T), expected, atol=0.03 * np.abs(expected).max())


def test_rows_that_are_there_already_are_used():
    model = random_model()
    longer = with_new(model, [290, 291])
    assert longer.config.vocabulary == 300
    kept = [*range(290), *range(292, 300)]
    assert torch.equal(longer.output_weight[kept], model.output_weight[kept])
    assert not torch.equal(longer.output_weight[290], longer.output_weight[291])
