"""The reference engine keeps the contract of `Engine` and gives the logits of the model."""

import numpy as np
import pytest
import torch

from codekiln.errors import ModelError
from codekiln.generate import Engine
from codekiln.generate.torch_engine import TorchEngine
from model.shapes import GROUPED, all_logits, random_ids, random_model

MODEL = random_model()


@pytest.fixture
def engine() -> Engine:
    return TorchEngine(MODEL)


def ids(*shape, seed=0):
    return random_ids(*shape, seed=seed).numpy()


def expected(tokens):
    return all_logits(MODEL, torch.from_numpy(tokens)).numpy()


def assert_same(found, wanted):
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=5e-5, rtol=1e-4)


def test_what_it_says_of_itself(engine):
    assert (engine.context, engine.vocabulary, engine.length) == (512, 300, 0)


@pytest.mark.parametrize("batch", [1, 3])
def test_prefill_and_steps_agree_with_the_whole(engine, batch):
    tokens = ids(batch, 60)
    logits = expected(tokens)
    assert_same(engine.prefill(tokens[:, :40]), logits[:, 39])
    assert engine.length == 40
    assert_same(engine.step(tokens[:, 40:41]), logits[:, 40:41])
    assert_same(engine.step(tokens[:, 41:]), logits[:, 41:])
    assert engine.length == 60


def test_a_second_prefill_forgets_the_first(engine):
    engine.prefill(ids(2, 30, seed=1))
    tokens = ids(1, 10, seed=2)
    assert_same(engine.prefill(tokens), expected(tokens)[:, -1])
    assert engine.length == 10


def test_forks_agree_with_their_own_whole(engine):
    prompt, tails = ids(2, 20, seed=3), ids(3, 9, seed=4)
    engine.prefill(prompt)
    engine.fork([1, 0, 1])
    whole = np.concatenate([prompt[[1, 0, 1]], tails], axis=1)
    assert_same(engine.step(tails), expected(whole)[:, 20:])


def test_a_rewound_draft_leaves_no_trace(engine):
    prompt, tail = ids(1, 20, seed=5), ids(1, 6, seed=6)
    engine.prefill(prompt)
    engine.step(ids(1, 8, seed=7))
    engine.rewind(8)
    assert engine.length == 20
    whole = np.concatenate([prompt, tail], axis=1)
    assert_same(engine.step(tail), expected(whole)[:, 20:])


def test_any_memory_layout_is_taken(engine):
    tokens = ids(2, 40)
    turned = np.asfortranarray(tokens)[:, ::2]
    assert_same(engine.prefill(turned), expected(np.ascontiguousarray(turned))[:, -1])


def test_the_context_can_be_filled_to_the_last_token(engine):
    tokens = ids(1, 512)
    engine.prefill(tokens[:, :511])
    assert_same(engine.step(tokens[:, 511:]), expected(tokens)[:, 511:])


def test_a_prompt_past_the_context_is_refused(engine):
    with pytest.raises(ModelError, match=r"513 tokens do not fit .* 512: shorten the prompt"):
        engine.prefill(ids(1, 513))


def test_a_step_past_the_context_is_refused_and_changes_nothing(engine):
    tokens = ids(1, 512)
    engine.prefill(tokens[:, :510])
    with pytest.raises(ModelError, match="shorten the prompt"):
        engine.step(ids(1, 3))
    assert engine.length == 510
    assert_same(engine.step(tokens[:, 510:]), expected(tokens)[:, 510:])


def test_bf16_is_close_and_another_number(engine):
    tokens = ids(1, 50)
    found = TorchEngine(MODEL, half=True).prefill(tokens)
    exact = expected(tokens)[:, -1]
    assert found.dtype == np.float32
    error = np.abs(found - exact).max()
    assert 0 < error < 0.1 * np.abs(exact).max()
    assert GROUPED.vocabulary == found.shape[1]
