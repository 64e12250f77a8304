"""The stage: what it leaves behind, and what a run that was stopped keeps."""

import pytest
import torch

from codekiln.artifact import produce, read_sealed
from codekiln.errors import ModelError
from codekiln.model.weights import load_model
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer import Tokenizer
from codekiln.training import ModelStageConfig, stage

TOKENS = 6 * 512
CONFIG = ModelStageConfig(
    depth=1, tokens=TOKENS, batch_tokens=512, threads=1, checkpoint_seconds=1e-9
)


@pytest.fixture(scope="module")
def model(given, tmp_path_factory):
    return produce(stage.STAGE, CONFIG, given, tmp_path_factory.mktemp("work"), "m")


def test_what_it_leaves(model, given):
    model.verify()
    assert set(model.manifest["files"]) == {
        "calibration.json",
        "config.json",
        "metrics.jsonl",
        "model.safetensors",
        "samples.jsonl",
        "tokenizer.json",
    }
    tokenizer = given["tokenizer"].path / "tokenizer.json"
    assert model.file("tokenizer.json").read_bytes() == tokenizer.read_bytes()


def test_what_it_counts(model):
    loaded = load_model(model.path, Tokenizer.load(model.path).fingerprint)
    found = model.statistics
    assert found["parameters"] == sum(parameter.numel() for parameter in loaded.parameters())
    assert found["tokens"] == TOKENS
    assert found["epochs"] == pytest.approx(6 * 4 / 48)
    assert found["calibration"] == read_sealed(model.file("calibration.json"))
    assert len(read_metrics(model.file("metrics.jsonl"))) == found["calibration"]["steps"] == 6


def test_it_belongs_to_its_tokenizer(model):
    with pytest.raises(ModelError, match="another tokenizer"):
        load_model(model.path, "0" * 64)


def test_it_says_nothing_of_where_it_was_made(model):
    for name in ("config.json", "calibration.json", "metrics.jsonl"):
        assert str(model.path.parent) not in model.file(name).read_text()


def test_the_seed_fixes_the_weights(given, tmp_path):
    config = ModelStageConfig(depth=1, tokens=512, batch_tokens=512, precision="fp32", threads=1)
    other = ModelStageConfig(
        depth=1, tokens=512, batch_tokens=512, precision="fp32", threads=1, seed=1
    )
    runs = [(config, "a"), (config, "b"), (other, "c")]
    contents = [
        produce(stage.STAGE, one, given, tmp_path / work, "m")
        .file("model.safetensors")
        .read_bytes()
        for one, work in runs
    ]
    assert contents[0] == contents[1] != contents[2]


def test_a_calibration_is_made_once(given, tmp_path, monkeypatch):
    def listener(event):
        if event.task == "training" and event.done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), listening(listener):
        produce(stage.STAGE, CONFIG, given, tmp_path, "m")
    (partial,) = (tmp_path / "model").glob("*.partial")
    stored = (partial / "calibration.json").read_bytes()

    def refuse(*_):
        raise AssertionError("a resumed run must keep its calibration")

    monkeypatch.setattr(stage, "calibrate", refuse)
    torch.set_num_threads(2)
    artifact = produce(stage.STAGE, CONFIG, given, tmp_path, "m")
    assert artifact.file("calibration.json").read_bytes() == stored
    assert torch.get_num_threads() == 1
