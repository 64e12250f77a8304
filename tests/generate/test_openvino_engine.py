"""The OpenVINO engine beside the reference: every family, long prompts, small weights, damaged files."""

import json
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import codekiln
from codekiln.errors import ModelError
from codekiln.generate import Engine
from codekiln.generate.openvino.engine import OpenVinoEngine
from codekiln.generate.openvino.network import load_network
from codekiln.generate.torch_engine import TorchEngine
from generate.reference import MODEL, assert_same, expected, ids, saved
from model.shapes import FAMILIES, GROUPED, random_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def network(folder):
    return load_network(folder, GROUPED, "f32")


@pytest.fixture
def engine(network) -> Engine:
    return OpenVinoEngine(network)


@pytest.mark.parametrize("config", FAMILIES, ids=str)
def test_every_family_gives_the_logits_of_the_reference(config, tmp_path):
    model = random_model(config)
    engine = OpenVinoEngine(load_network(saved(tmp_path, model), config, "f32"))
    tokens = ids(2, 300)
    whole = expected(tokens, model)
    assert_same(engine.prefill(tokens[:, :290]), whole[:, 289])
    assert_same(engine.step(tokens[:, 290:]), whole[:, 290:])


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
    assert engine.stride == 8
    assert shapes == {((1, 8), (8,))}


def test_logits_that_nobody_asked_for_are_not_made(engine, monkeypatch):
    """Of a large vocabulary they are the largest thing in memory."""
    asked, run = [], engine._run

    def seen(ids, wanted):
        asked.append(len(wanted))
        return run(ids, wanted)

    monkeypatch.setattr(engine, "_run", seen)
    engine.prefill(ids(1, 100))
    engine.step(ids(1, 50), last=9)
    assert engine.step(ids(1, 20)).shape == (1, 20, engine.vocabulary)
    assert asked == [8, 8, 8, 16, 24]  # 100 tokens are read as 64, 32 and 4


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
    path = saved(tmp_path) / "model.safetensors"
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
        "from codekiln.generate.openvino.engine import OpenVinoEngine\n"
        "from codekiln.generate.openvino.network import load_network\n"
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


class Failing:
    """A request that fails once, when it is first asked to do one thing."""

    def __init__(self, request, method):
        self._request, self._method = request, method

    def __getattr__(self, name):
        if name != self._method:
            return getattr(self._request, name)
        self._method = ""

        def fail(*_):
            raise KeyboardInterrupt

        return fail


@pytest.mark.parametrize("method", ["set_tensor", "start_async", "wait", "get_output_tensor"])
def test_what_was_interrupted_spoils_nothing_for_others(folder, method):
    network = load_network(folder, GROUPED, "f32")
    tokens, request = ids(1, 70), network._request
    OpenVinoEngine(network).prefill(tokens[:, :40])
    network._request = Failing(request, method)
    with pytest.raises(KeyboardInterrupt):
        OpenVinoEngine(network).prefill(tokens[:, :56])
    for length in (40, 56, 70):
        found = OpenVinoEngine(network).prefill(tokens[:, :length])
        assert_same(found, expected(tokens[:, :length])[:, -1])


def test_a_cache_grows_a_layer_at_a_time(folder, monkeypatch):
    """Else a long text takes twice the memory for a moment."""
    network = load_network(folder, GROUPED, "f32")
    engine, alive = OpenVinoEngine(network), []
    engine.prefill(ids(1, 200))
    old = [weakref.ref(array) for array in engine._caches.values()]
    replace_one = network.replace

    def seen(caches, name, new):
        replace_one(caches, name, new)
        alive.append(sum(one() is not None for one in old))

    monkeypatch.setattr(network, "replace", seen)
    engine.read(ids(1, 200))
    assert alive[: len(old)] == list(range(len(old) - 1, -1, -1))
