"""Adapters on one base, chosen by each request; torch shares the base, OpenVINO has a network for each."""

import numpy as np
import pytest

from codekiln.errors import ModelError, UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer, load_engines
from codekiln.model.hugging_face import read_config
from codekiln.model.lora import LoraShape
from codekiln.model.lora.adapter import write_adapter
from codekiln.pipeline.merge import merge
from model.lora.test_adapter import random_adapter
from model.shapes import QWEN_2, random_ids
from model_artifacts import model_artifact

SHAPE = LoraShape(rank=4, alpha=16.0, tokens=(44, 290))
IDS = random_ids(1, 40).numpy()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def adapters(base, tmp_path_factory):
    folders = {}
    config = read_config(base.path)
    for seed, name in enumerate(("first", "second")):
        folders[name] = tmp_path_factory.mktemp(name)
        write_adapter(folders[name], random_adapter(SHAPE, config, seed), base, config)
    return folders


@pytest.fixture(scope="module")
def engines(base, adapters):
    return load_engines(base.path, adapters, kind="torch")


def test_each_is_the_base_with_its_own_adapter(base, adapters, engines, tmp_path):
    from codekiln.artifact import Stage, produce

    def copied(config, inputs, out):
        for file in adapters[config["name"]].iterdir():
            (out / file.name).write_bytes(file.read_bytes())
        return {}

    for name in adapters:
        artifact = produce(Stage("adapter", 1, copied), {"name": name}, {}, tmp_path, name)
        merged = merge(base, artifact, tmp_path, name)
        alone = load_engines(merged.path, {}, kind="torch")[""]
        np.testing.assert_allclose(engines[name].prefill(IDS), alone.prefill(IDS), atol=2e-5)
    plain = load_engines(base.path, {}, kind="torch")[""]
    assert np.array_equal(engines[""].prefill(IDS), plain.prefill(IDS))
    assert np.abs(engines[""].prefill(IDS) - engines["first"].prefill(IDS)).max() > 0.1


def test_openvino_agrees(base, adapters, engines):
    pytest.importorskip("openvino")
    for name, engine in load_engines(base.path, adapters, kind="openvino", weights="f32").items():
        np.testing.assert_allclose(engine.prefill(IDS), engines[name].prefill(IDS), atol=1e-3)


def test_openvino_rounds_the_sum(base, adapters, engines):
    pytest.importorskip("openvino")
    for name, engine in load_engines(base.path, adapters, kind="openvino").items():
        assert np.abs(engine.prefill(IDS) - engines[name].prefill(IDS)).mean() < 0.1


def answer(completer, adapter, prefix="def f(a, b):\n"):
    request = CompletionRequest(prefix, max_tokens=12, adapter=adapter)
    return collect(completer, request).token_ids


def test_a_request_chooses(base, adapters):
    """In any order: neither cache nor earlier answers of one reach another."""
    completer = load_completer(base.path, adapters=adapters, kind="torch")
    alone = {
        name: answer(load_completer(base.path, adapters=adapters, kind="torch"), name)
        for name in ("", "first", "second")
    }
    assert len(set(alone.values())) == 3
    for name in ("first", "", "second", "first", "first", "", "second"):
        assert answer(completer, name) == alone[name], name


def test_an_unknown_one_is_refused_at_once(base, adapters):
    completer = load_completer(base.path, adapters=adapters, kind="torch")
    request = CompletionRequest("x", adapter="third")
    with pytest.raises(UsageError, match="no adapter 'third': loaded are first, second"):
        completer.complete(request)
    with pytest.raises(UsageError, match="loaded are none"):
        load_completer(base.path, kind="torch").complete(request)


@pytest.mark.parametrize("kind", ["torch", "openvino"])
def test_another_base_is_refused(adapters, tmp_path, kind):
    pytest.importorskip("openvino")
    other = model_artifact(tmp_path, QWEN_2)
    with pytest.raises(ModelError, match="was tuned on tiny, and"):
        load_completer(other.path, adapters=adapters, kind=kind)
