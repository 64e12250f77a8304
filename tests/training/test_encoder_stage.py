"""From rows to an encoder: what both stages leave, exact resume, one command, what is refused."""

import json
import sys

import pytest
import torch

from codekiln.artifact import Stage, produce
from codekiln.errors import ArtifactError, ModelError
from codekiln.generate.loading import load_engine
from codekiln.inputs.formats import DOCUMENTATION
from codekiln.model.encoder import load_encoder
from codekiln.model.weights import read_tensors
from codekiln.telemetry import listening, read_metrics
from codekiln.training import EncoderConfig, ModelStageConfig, __main__, stage
from training.crew import Crew
from training.encoder_rows import (
    CODE,
    make_encoder,
    make_encoder_together,
    make_model,
    write_functions,
    write_segments,
)


@pytest.fixture(scope="module")
def rows(given, tmp_path_factory):
    work = tmp_path_factory.mktemp("rows")
    return {
        "tokenizer": given["tokenizer"],
        "segments": produce(Stage("segments", 1, write_segments), {}, {}, work, "t"),
        "functions": produce(Stage("functions", 1, write_functions), {}, {}, work, "t"),
    }


@pytest.fixture(scope="module")
def made(rows, tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    model = make_model(rows, work)
    return model, make_encoder(rows, model, work)


def test_what_they_leave(made, rows):
    for artifact, steps, tokens in zip(
        made, (8, 8), (8 * 512, 8 * 4 * (DOCUMENTATION + CODE)), strict=True
    ):
        assert set(artifact.manifest["files"]) == {
            "calibration.json",
            "config.json",
            "metrics.jsonl",
            "model.safetensors",
            "tokenizer.json",
        }
        assert artifact.statistics["calibration"]["steps"] == steps
        assert artifact.statistics["tokens"] == tokens
        weights = read_tensors(artifact.file("model.safetensors"))
        assert artifact.statistics["parameters"] == sum(one.numel() for one in weights.values())
        assert load_encoder(artifact.path).width == 64
    metrics = [read_metrics(artifact.file("metrics.jsonl")) for artifact in made]
    assert [len(lines) for lines in metrics] == [8, 8]
    assert all(line["loss"] > 0 for lines in metrics for line in lines)


def test_the_encoder_goes_on_from_the_model(made, rows, tmp_path):
    """With steps that are nearly nothing, it is the model."""
    model, encoder = made
    barely = make_encoder(rows, model, tmp_path, EncoderConfig(400, pairs=4, learning_rate=1e-9))
    before, after, learned = (
        read_tensors(artifact.file("model.safetensors")) for artifact in (model, barely, encoder)
    )
    for name, tensor in before.items():
        torch.testing.assert_close(after[name], tensor, rtol=0, atol=1e-6, msg=name)
    assert (
        learned["model.embed_tokens.weight"] - before["model.embed_tokens.weight"]
    ).norm() > 0.01


class Interrupting:
    """Stops a run after so many of its steps, as Ctrl-C does."""

    def __init__(self, steps):
        self._steps = steps

    def __call__(self, event):
        if event.task == "training" and event.done == self._steps and not event.finished:
            raise KeyboardInterrupt


@pytest.mark.parametrize("steps", [1, 5])
def test_a_resumed_run_is_the_same_run(made, rows, tmp_path, steps):
    def content(artifact):
        lines = [{**row, "seconds": 0} for row in read_metrics(artifact.file("metrics.jsonl"))]
        return lines, artifact.file("model.safetensors").read_bytes()

    model, encoder = made
    for make, whole in (
        (lambda: make_model(rows, tmp_path), model),
        (lambda: make_encoder(rows, model, tmp_path), encoder),
    ):
        with pytest.raises(KeyboardInterrupt), listening(Interrupting(steps)):
            make()
        assert content(make()) == content(whole)


def test_several_processes_are_told_to_leave_it_to_one(made, rows, tmp_path):
    crew = Crew(2, make_encoder_together, rows, made[0], tmp_path / "work", heard=tmp_path)
    assert crew.wait() == [1, 1]
    (heard,) = tmp_path.glob("heard-*")
    assert "several processes cannot share them: start it without torchrun" in heard.read_text()


def test_an_encoder_completes_nothing_and_a_causal_model_embeds_nothing(
    made, rows, given, tmp_path
):
    with pytest.raises(
        ModelError, match="is an encoder, and a causal model is needed: give another"
    ):
        load_engine(made[0].path)
    config = ModelStageConfig(depth=1, tokens=512, batch_tokens=512, threads=1, precision="fp32")
    causal = produce(stage.STAGE, config, given, tmp_path, "c")
    with pytest.raises(ModelError, match="is a causal model, and an encoder is needed"):
        load_encoder(causal.path)
    with pytest.raises(ModelError, match="an encoder is needed"):
        make_encoder(rows, causal, tmp_path)


RECIPE = """
name = "m"
[model]
objective = "masked"
depth = 1
tokens = 4096
batch_tokens = 512
threads = 1
precision = "fp32"
checkpoint_seconds = 1e-9
[encoder]
tokens = 3328
pairs = 4
"""


def command(monkeypatch, capsys, tmp_path, rows, *options):
    (tmp_path / "r.toml").write_text(RECIPE)
    words = ["training", tmp_path / "r.toml", "--tokenizer", rows["tokenizer"].path]
    words += ["--work", tmp_path / "work", *options]
    monkeypatch.setattr(sys, "argv", list(map(str, words)))
    code = __main__.main()
    return code, capsys.readouterr()


def test_one_command_makes_both(made, rows, monkeypatch, capsys, tmp_path):
    options = ("--inputs", rows["segments"].path, "--functions", rows["functions"].path)
    code, said = command(monkeypatch, capsys, tmp_path, rows, *options)
    assert code == 0
    found = json.loads(said.out)
    for name, artifact in zip(("model", "encoder"), made, strict=True):
        weights = (tmp_path / "work" / name).glob("*/model.safetensors")
        assert next(weights).read_bytes() == artifact.file("model.safetensors").read_bytes()
        assert found[name]["tokens"] == artifact.statistics["tokens"]
    assert "training" in said.err


def test_rows_of_another_kind_are_refused(rows, given, monkeypatch, capsys, tmp_path):
    for options, remedy in (
        (
            ("--inputs", given["inputs"].path),
            "is an artifact of 'inputs', but 'segments' is needed",
        ),
        (
            (
                "--inputs",
                given["inputs"].path,
                "--functions",
                "f",
                "--set",
                "model.objective=causal",
            ),
            "--functions make an encoder: set model.objective=masked",
        ),
    ):
        code, said = command(monkeypatch, capsys, tmp_path, rows, *options)
        assert code
        assert remedy in said.err
    with pytest.raises(ArtifactError):
        load_encoder(tmp_path)
