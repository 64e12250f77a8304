"""An encoder in use: batches give what single texts give; guesses beside plain logits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from codekiln.inputs.formats import segment_alone, segment_pair
from codekiln.model import encoder as module
from codekiln.model.bidirectional import Bidirectional
from codekiln.model.encoder import Encoder
from codekiln.tokenizer.special import PADDING
from fakes import tiny_tokenizer
from model.heads import plain_mean, plain_odds, random_heads
from model.shapes import GROUPED, random_model

TOKENIZER = tiny_tokenizer()
PAD = TOKENIZER.special(PADDING)
SHAPE = replace(GROUPED, causal=False, context=40, vocabulary=TOKENIZER.vocabulary_size)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = Bidirectional(SHAPE).eval()
    body = random_model(replace(SHAPE, causal=True)).state_dict()
    model.load_state_dict(body | random_heads(model), strict=False)
    return model


def texts(count=30):
    generator = np.random.default_rng(0)
    return [generator.integers(30, 286, generator.integers(0, 60)).tolist() for _ in range(count)]


def pairs(count=11):
    some = texts(2 * count)
    rows = [segment_pair(TOKENIZER, *some[2 * n : 2 * n + 2], 40) for n in range(count)]
    return np.array(rows)


@pytest.fixture(params=[1, 100, 8192])
def batch_tokens(request, monkeypatch):
    monkeypatch.setattr(module, "BATCH_TOKENS", request.param)


@torch.no_grad()
def test_vectors_are_those_of_each_text_alone(model, batch_tokens):
    some = texts()
    found = Encoder(model, TOKENIZER).embed(some)
    assert found.shape == (30, 64)
    assert found.dtype == np.float32
    for text, vector in zip(some, found, strict=True):
        row = [0, *text[:38], 0]
        expected = plain_mean(model, model(torch.tensor([row]))[0])
        np.testing.assert_allclose(vector, expected, atol=1e-5)
        assert segment_alone(TOKENIZER, text, len(row)) == row


def test_nothing_gives_no_vectors(model):
    encoder = Encoder(model, TOKENIZER)
    assert encoder.embed([]).shape == (0, 64)
    nothing = np.zeros((0, 40), np.int64)
    assert encoder.guess(nothing, nothing == 1).shape == encoder.follows(nothing).shape == (0,)


@torch.no_grad()
def test_guesses_are_the_likeliest_tokens(model, batch_tokens):
    rows, places = pairs(), np.random.default_rng(1).random((11, 40)) < 0.3
    expected = []
    for row, here in zip(rows, places, strict=True):
        real = torch.tensor([row[row != PAD].tolist()])
        logits = model.logits(model(real))[0].argmax(dim=1)
        here[real.shape[1] :] = False
        expected += logits[np.flatnonzero(here)].tolist()
    assert Encoder(model, TOKENIZER).guess(rows, places).tolist() == expected


@torch.no_grad()
def test_odds_are_those_of_each_row_alone(model, batch_tokens):
    rows = pairs()
    alone = [torch.tensor([row[row != PAD].tolist()]) for row in rows]
    expected = [plain_odds(model, model(ids), ids, PAD).item() for ids in alone]
    np.testing.assert_allclose(Encoder(model, TOKENIZER).follows(rows), expected, atol=1e-4)


def test_in_bf16_it_is_nearly_the_same(model):
    exact, half = (Encoder(model, TOKENIZER, half=flag).embed(texts()) for flag in (False, True))
    likeness = (exact * half).sum(axis=1)
    assert 0.98 < likeness.min() < 1 - 1e-7
