"""InfoNCE beside the formula written out, with the negatives that are none left out; and it learns."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from codekiln.inputs.formats import DOCUMENTATION
from codekiln.model.bidirectional import Bidirectional
from codekiln.model.config import ModelConfig
from codekiln.tokenizer.special import PADDING
from codekiln.training import ModelStageConfig
from codekiln.training.contrastive import TEMPERATURE, Contrastive, same
from codekiln.training.learner import Learner
from fakes import tiny_tokenizer
from model.shapes import random_model

TOKENIZER = tiny_tokenizer()
END, PAD = TOKENIZER.end, TOKENIZER.special(PADDING)
CODE = 40
SHAPE = replace(ModelConfig.from_depth(1, TOKENIZER.vocabulary_size, 64), causal=False)


def rows_of_functions(count, seed=0):
    """A text of three tokens and others, and a function that has the three among others, 100 higher."""
    generator = np.random.default_rng(seed)
    rows = np.full((count, DOCUMENTATION + CODE + 1), PAD)
    for place, row in enumerate(rows):
        text = generator.choice(np.arange(40, 120), 3, replace=False)
        rest = generator.integers(120, 140, generator.integers(0, 50))
        code = generator.permutation([*(text + 100), *generator.integers(240, 290, len(rest) // 2)])
        row[: 5 + len(rest)] = [END, *text, *rest, END]
        row[DOCUMENTATION : DOCUMENTATION + len(code) + 2] = [END, *code, END]
        row[-1] = place
    return torch.from_numpy(rows)


def encoder(seed=0):
    torch.manual_seed(seed)
    model = Bidirectional(SHAPE)
    body = random_model(replace(SHAPE, causal=True), seed).state_dict()
    model.load_state_dict(body, strict=False)
    return model


def vector(model, ids):
    """Of one row alone, without padding."""
    mean = model(ids[ids != PAD][None])[0].mean(dim=0)
    return mean / mean.norm()


def written_out(model, rows, alike):
    texts = [vector(model, row[:DOCUMENTATION]) for row in rows]
    codes = [vector(model, row[DOCUMENTATION:-1]) for row in rows]
    total = 0.0
    for i in range(len(rows)):
        others = [j for j in range(len(rows)) if j == i or (i, j) not in alike]
        for own, all_codes in ((texts[i], codes), (codes[i], texts)):
            scores = [own @ all_codes[j] / TEMPERATURE for j in others]
            total = total - scores[others.index(i)] + torch.stack(scores).logsumexp(0)
    return total / (2 * len(rows))


@pytest.mark.parametrize("half", [False, True])
def test_the_loss_is_the_formula(half):
    rows, model, objective = rows_of_functions(7), encoder(), Contrastive(PAD)
    rows[4, -1] = rows[2, -1]
    rows[6, :DOCUMENTATION] = rows[1, :DOCUMENTATION]
    alike = {(4, 2), (2, 4), (6, 1), (1, 6)}
    expected = written_out(model, rows, alike)
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        found = objective.loss(model, objective.prepare(rows))
    torch.testing.assert_close(found, expected, rtol=0.05 if half else 1e-4, atol=0)
    assert abs(written_out(model, rows, set()) - expected) > 1e-3 * expected
    if not half:
        found.backward()
        gradients = [p.grad.clone() for p in model.model.parameters()]
        model.zero_grad()
        written_out(model, rows, alike).backward()
        for gradient, parameter in zip(gradients, model.model.parameters(), strict=True):
            torch.testing.assert_close(gradient, parameter.grad, rtol=1e-2, atol=1e-4)


def test_who_is_no_negative_of_whom():
    texts = torch.tensor([[1, 2], [1, 3], [1, 2], [4, 4]])
    names = torch.tensor([7, 8, 9, 8])
    expected = torch.zeros(4, 4, dtype=torch.bool)
    for one, other in ((0, 2), (1, 3)):
        expected[one, other] = expected[other, one] = True
    assert torch.equal(same(texts, names), expected)


def test_a_batch_stays_whole():
    """A part of it would have fewer negatives, and another loss."""
    objective, rows = Contrastive(PAD), rows_of_functions(6)
    batch = objective.prepare(rows)
    (part,) = batch.rows(slice(0, 6)).to(torch.device("cpu")).parts(2)
    assert len(part) == 6
    learner = Learner(ModelStageConfig(micro_tokens=1, clip=1e9), encoder(), objective)
    loss, _ = learner.gradients(rows, 0, "fp32")
    assert loss == pytest.approx(objective.loss(encoder(), batch).item(), rel=1e-5)
    said = batch.too_much(1000, torch.device("cpu"), "model")
    assert "6 functions at once do not fit the memory of cpu: set encoder.pairs to 3" in said


def test_it_learns():
    torch.manual_seed(0)
    config = ModelStageConfig(depth=1, learning_rate=0.01)
    learner = Learner(config, Bidirectional(SHAPE), Contrastive(PAD))
    rows = rows_of_functions(64, seed=1000)
    before = learner.mean_loss(rows, "fp32")
    for step in range(80):
        learner.gradients(rows_of_functions(64, seed=step), step * 64, "fp32")
        learner.update(1.0)
    after = learner.mean_loss(rows, "fp32")
    assert before > math.log(64) * 0.8
    assert after < before / 2, (before, after)
