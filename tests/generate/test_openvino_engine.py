"""The OpenVINO engine keeps the contract of `Engine` and gives the logits of the torch model."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import codekiln
from codekiln.errors import ModelError
from codekiln.generate import Engine
from codekiln.generate.openvino.engine import OpenVinoEngine, load_network
from codekiln.generate.torch_engine import TorchEngine
from codekiln.model.weights import save_model
from model.shapes import FAMILIES, GROUPED, all_logits, random_ids, random_model

MODEL = random_model()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("model"), MODEL)


@pytest.fixture(scope="module")
def network(folder):
    return load_network(folder, GROUPED, "f32")


@pytest.fixture
def engine(network) -> Engine:
    return OpenVinoEngine(network)


def saved(folder, model):
    save_model(folder, model, end=0, tokenizer_sha256="mine")
    return folder


def ids(*shape, seed=0):
    return random_ids(*shape, seed=seed).numpy()


def expected(tokens, model=MODEL):
    return all_logits(model, torch.from_numpy(np.ascontiguousarray(tokens))).numpy()


def assert_same(found, wanted):
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("config", FAMILIES, ids=str)
def test_every_family_gives_the_logits_of_the_reference(config, tmp_path):
    model = random_model(config)
    engine = OpenVinoEngine(load_network(saved(tmp_path, model), config, "f32"))
    tokens = ids(2, 300)
    whole = expected(tokens, model)
    assert_same(engine.prefill(tokens[:, :290]), whole[:, 289])
    assert_same(engine.step(tokens[:, 290:]), whole[:, 290:])


def test_what_it_says_of_itself(engine):
    assert (engine.context, engine.vocabulary, engine.length, engine.stride) == (512, 300, 0, 8)


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


def test_all_steps_of_a_stride_have_the_same_shapes(engine, monkeypatch):
    shapes, run = set(), engine._run

    def seen(ids, wanted):
        shapes.add((ids.shape, wanted.shape))
        return run(ids, wanted)

    engine.prefill(ids(1, 20))
    monkeypatch.setattr(engine, "_run", seen)
    for n in range(1, engine.stride + 1):
        engine.step(ids(1, n))
        engine.read(ids(1, n))
    assert shapes == {((1, 8), (8,))}


def test_long_prompts_are_read_in_parts(engine, monkeypatch):
    monkeypatch.setattr("codekiln.generate.openvino.engine.CHUNK", 48)
    tokens = ids(2, 200)
    assert_same(engine.prefill(tokens), expected(tokens)[:, -1])
    assert engine.length == 200


def test_greedy_answers_are_those_of_the_reference(engine):
    reference = TorchEngine(MODEL)
    for seed in range(5):
        prompt = ids(1, 20 + seed, seed=seed)
        assert greedy(engine, prompt, 40) == greedy(reference, prompt, 40)


def greedy(engine, prompt, n):
    found = [int(engine.prefill(prompt)[0].argmax())]
    while len(found) < n:
        found.append(int(engine.step(np.array([[found[-1]]]))[0, 0].argmax()))
    return found


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


def test_attention_is_one_operation_that_reads_pages(network):
    kinds = [node.get_rt_info()["layerType"].astype(str) for node in operations(network)]
    assert kinds.count("PagedAttention") == GROUPED.layers


def operations(network):
    return network.compiled.get_runtime_model().get_ops()


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_quantised_weights_stay_small_and_close(folder, kind):
    network = load_network(folder, GROUPED, kind)
    tokens = ids(1, 100)
    found = OpenVinoEngine(network).prefill(tokens)
    exact = expected(tokens)[:, -1]
    error = np.abs(found - exact).max()
    assert 0 < error < {"int8": 0.1, "int4": 0.7}[kind] * np.abs(exact).max()


def test_a_damaged_model_is_told(tmp_path):
    path = saved(tmp_path, MODEL) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelError, match="is damaged"):
        load_network(tmp_path, GROUPED, "int8")


def test_weights_of_another_shape_are_told(folder):
    with pytest.raises(ModelError, match="do not fit its configuration"):
        load_network(folder, replace(GROUPED, width=32), "int8")


def test_it_needs_no_torch_and_asks_no_analytics_host(folder):
    program = (
        "import sys, json; sys.modules['torch'] = None\n"
        "from pathlib import Path; import numpy as np\n"
        "from codekiln.generate.openvino.engine import OpenVinoEngine, load_network\n"
        "from codekiln.model.hugging_face import read_config\n"
        "folder = Path(sys.argv[1])\n"
        "engine = OpenVinoEngine(load_network(folder, read_config(folder), 'f32'))\n"
        "print(json.dumps([engine.prefill(np.array([[1, 2, 3]])).tolist(),"
        " 'openvino_telemetry.main' in sys.modules]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    logits, telemetry = json.loads(run.stdout)
    assert not telemetry
    assert_same(np.float32(logits), expected(np.array([[1, 2, 3]]))[:, -1])


def test_one_module_imports_openvino():
    sources = Path(codekiln.__file__).parent.rglob("*.py")
    importing = {
        path.name
        for path in sources
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("import openvino", "from openvino"))
    }
    assert importing == {"runtime.py"}
