"""What `Engine` promises, of each engine: the logits of the model, whatever was forked or rewound."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from codekiln.errors import ModelError
from codekiln.generate import Engine
from codekiln.generate.openvino.engine import OpenVinoEngine
from codekiln.generate.openvino.network import load_network
from codekiln.generate.torch_engine import TorchEngine
from generate.reference import MODEL, assert_same, expected, ids, saved
from model.shapes import GROUPED


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return load_network(saved(tmp_path_factory.mktemp("model")), GROUPED, "f32")


@pytest.fixture(params=["torch", "openvino"])
def engine(request, network) -> Engine:
    return TorchEngine(MODEL) if request.param == "torch" else OpenVinoEngine(network)


def test_what_it_says_of_itself(engine):
    assert (engine.context, engine.vocabulary, engine.length) == (512, 300, 0)


@pytest.mark.parametrize("batch", [1, 3])
def test_prefill_and_steps_agree_with_the_whole(engine, batch):
    tokens = ids(batch, 70)
    logits = expected(tokens)
    assert_same(engine.prefill(tokens[:, :40]), logits[:, 39])
    assert engine.length == 40
    assert_same(engine.step(tokens[:, 40:41]), logits[:, 40:41])
    assert_same(engine.read(tokens[:, 41:50]), logits[:, 49])
    assert_same(engine.step(tokens[:, 50:]), logits[:, 50:])
    assert engine.length == 70


def test_a_step_of_many_is_many_steps_of_one(engine):
    tokens = ids(1, 60)
    engine.prefill(tokens[:, :30])
    together = engine.step(tokens[:, 30:])
    engine.prefill(tokens[:, :30])
    alone = [engine.step(tokens[:, place : place + 1]) for place in range(30, 60)]
    assert_same(np.concatenate(alone, axis=1), together)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("read", "last"), [(30, 1), (30, 9), (30, 30), (3, 2), (1, 1)])
def test_a_step_tells_of_its_last_tokens_alone(engine, batch, read, last):
    tokens = ids(batch, 40 + read)
    engine.prefill(tokens[:, :40])
    assert_same(engine.step(tokens[:, 40:], last), expected(tokens)[:, -last:])


def test_twins_may_run_in_threads_of_their_own(engine):
    texts = [ids(1, 60, seed=seed) for seed in range(4)]

    def said(text):
        twin = engine.twin()
        twin.prefill(text[:, :20])
        return [twin.step(text[:, place : place + 1]) for place in range(20, 60)]

    with ThreadPoolExecutor(len(texts)) as threads:
        for text, rows in zip(texts, threads.map(said, texts), strict=True):
            assert_same(np.concatenate(rows, axis=1), expected(text)[:, 20:])


def test_a_second_prefill_forgets_the_first(engine):
    engine.prefill(ids(2, 30, seed=1))
    tokens = ids(1, 10, seed=2)
    assert_same(engine.prefill(tokens), expected(tokens)[:, -1])
    assert engine.length == 10


@pytest.mark.parametrize("length", [20, 32, 50])
def test_forks_agree_with_their_own_whole(engine, length):
    prompt, tails = ids(2, length, seed=3), ids(3, 40, seed=4)
    engine.prefill(prompt)
    engine.fork([1, 0, 1])
    whole = np.concatenate([prompt[[1, 0, 1]], tails], axis=1)
    assert_same(engine.step(tails), expected(whole)[:, length:])
    engine.fork([2])
    more = ids(1, 5, seed=5)
    whole = np.concatenate([whole[[2]], more], axis=1)
    assert_same(engine.step(more), expected(whole)[:, -5:])


@pytest.mark.parametrize("draft", [1, 8, 100])
def test_a_rewound_draft_leaves_no_trace(engine, draft):
    prompt, tail = ids(1, 40, seed=5), ids(1, 6, seed=6)
    engine.prefill(prompt)
    engine.step(ids(1, draft, seed=7))
    engine.rewind(draft)
    assert engine.length == 40
    whole = np.concatenate([prompt, tail], axis=1)
    assert_same(engine.step(tail), expected(whole)[:, 40:])


def test_forks_that_go_back_into_shared_pages_part_there(engine):
    prompt = ids(1, 60, seed=8)
    engine.prefill(prompt)
    engine.fork([0, 0])
    engine.rewind(20)
    tails = ids(2, 30, seed=9)
    whole = np.concatenate([np.repeat(prompt[:, :40], 2, axis=0), tails], axis=1)
    assert_same(engine.step(tails), expected(whole)[:, 40:])


def test_any_history_of_forks_and_rewinds_agrees_with_the_whole(engine):
    rng = np.random.default_rng(0)
    rows = ids(2, 30)
    engine.prefill(rows)
    for seed in range(40):
        action = rng.integers(3)
        if action == 0:
            parents = rng.integers(0, len(rows), rng.integers(1, 5))
            engine.fork(parents.tolist())
            rows = rows[parents]
        elif action == 1:
            n = int(rng.integers(0, min(40, rows.shape[1])))
            engine.rewind(n)
            rows = rows[:, : rows.shape[1] - n]
        new = ids(len(rows), int(rng.integers(1, 12)), seed=seed)
        rows = np.concatenate([rows, new], axis=1)
        assert_same(engine.step(new), expected(rows)[:, -new.shape[1] :])


def test_twins_share_weights_and_nothing_else(engine):
    one, other = ids(1, 30, seed=1), ids(2, 20, seed=2)
    twin = engine.twin()
    assert twin.length == 0
    engine.prefill(one[:, :29])
    twin.prefill(other[:, :19])
    assert_same(engine.step(one[:, 29:]), expected(one)[:, 29:])
    assert_same(twin.step(other[:, 19:]), expected(other)[:, 19:])


def test_results_stay_as_they_were_given(engine):
    first = engine.prefill(ids(1, 10))
    kept = first.copy()
    engine.prefill(ids(1, 10, seed=1))
    np.testing.assert_array_equal(first, kept)


def test_any_memory_layout_is_taken(engine):
    tokens = ids(2, 40)
    turned = np.asfortranarray(tokens)[:, ::2]
    assert_same(engine.prefill(turned), expected(turned)[:, -1])


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
