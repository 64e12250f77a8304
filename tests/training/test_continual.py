"""Going on from a trained model: what it forgets, with replay and without; resume; what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from codekiln.artifact import Stage, produce
from codekiln.errors import ModelError, TrainingError
from codekiln.inputs import Packer, RowStore
from codekiln.model.weights import load_model
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer import Tokenizer, train_bpe
from codekiln.tokenizer.special import PADDING
from codekiln.training import ModelStageConfig, continual, stage
from codekiln.training.calibration import Calibration
from fakes import document, tiny_tokenizer
from foreign_tokenizers import foreign, smollm
from model.shapes import all_logits
from model_artifacts import model_artifact

LENGTH = 128
CONFIG = ModelStageConfig(
    depth=1,
    tokens=30 * 512,
    batch_tokens=512,
    precision="fp32",
    threads=1,
    checkpoint_seconds=1000.0,
    replay=0.0,
)
PYTHON = sorted(Path(json.__file__).parent.glob("*.py"))
C = sorted((Path(np.__file__).parent / "_core" / "include" / "numpy").glob("npy_*.h"))


def texts(paths):
    return [path.read_text(encoding="utf-8") for path in paths]


def artifact(work, name, files, statistics=None):
    """An artifact of a stage of this name, with these files."""

    def build(config, inputs, out):
        for file, content in files.items():
            (out / file).write_bytes(content)
        return statistics or {}

    return produce(
        Stage(name, 1, build), {"files": len(files), **(statistics or {})}, {}, work, "t"
    )


def packed(work, tokenizer, contents, length=LENGTH):
    """At most 360 rows of texts, each sixth of them held out: no more than are looked at."""
    packer = Packer(tokenizer, length, 0.0, 0.0, seed=0)
    rows = np.array(list(packer.rows([document(text) for text in contents]))[:360], dtype=np.uint16)
    out = np.arange(len(rows)) % 6 == 3
    work.mkdir(parents=True)
    for name, part in (("train", rows[~out]), ("held_out", rows[out])):
        np.save(work / f"{name}-00000.npy", part)
    files = {path.name: path.read_bytes() for path in work.iterdir()}
    return artifact(work, "inputs", files, {"tokenizer_sha256": tokenizer.fingerprint})


@pytest.fixture(scope="module")
def tokenizer():
    return train_bpe(iter(texts(PYTHON)), 512)


@pytest.fixture(scope="module")
def given(tokenizer, tmp_path_factory):
    """A model of Python, its rows, and rows of C."""
    work = tmp_path_factory.mktemp("given")
    old = packed(work / "python", tokenizer, texts(PYTHON))
    new = packed(work / "c", tokenizer, texts(C))
    files = {"tokenizer.json": tokenizer.definition.encode()}
    own = {"tokenizer": artifact(work, "tokenizer", files), "inputs": old}
    return {"base": produce(stage.STAGE, CONFIG, own, work, "m"), "inputs": new, "old": old}


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def forgetful(given, work):
    return produce(continual.STAGE, CONFIG, given, work, "m")


@pytest.fixture(scope="module")
def mindful(given, work):
    return produce(continual.STAGE, replace(CONFIG, replay=0.3), given, work, "m")


def loss_of(model, rows):
    """Nats a token on all rows, by torch alone."""
    path = rows.file("held_out-00000.npy")
    rows = torch.from_numpy(np.load(path).astype(np.int64))
    loaded = load_model(model.path, Tokenizer.load(model.path).fingerprint)
    tokenizer = Tokenizer.load(model.path)
    documents = (rows[:, :-1] == tokenizer.end).cumsum(1)
    logits = all_logits(loaded, rows[:, :-1], documents)
    padding = tokenizer.special(PADDING)
    return float(F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=padding))


def test_replay_keeps_what_was_known(forgetful, mindful):
    without, with_it = (model.statistics["held_out_losses"] for model in (forgetful, mindful))
    assert without["old"]["before"] == with_it["old"]["before"]
    forgotten, kept = (
        losses["old"]["after"] - losses["old"]["before"] for losses in (without, with_it)
    )
    assert forgotten > 1
    assert kept < forgotten / 3
    for losses in (without, with_it):  # and both have learned
        assert losses["new"]["after"] < losses["new"]["before"] - 1.5


def test_the_losses_told_are_those_of_the_models(given, mindful):
    found = mindful.statistics["held_out_losses"]
    for name, rows in (("old", given["old"]), ("new", given["inputs"])):
        assert found[name]["before"] == pytest.approx(loss_of(given["base"], rows), abs=1e-4)
        assert found[name]["after"] == pytest.approx(loss_of(mindful, rows), abs=1e-4)


def test_of_many_rows_some_are_looked_at_evenly(tmp_path):
    class Glance:
        def mean_loss(self, rows, precision):
            seen.extend(rows[:, 0].tolist())
            return 1.0

    seen = []
    np.save(tmp_path / "rows.npy", np.arange(1000)[:, None].repeat(2, 1))
    watched = {"rows": RowStore([tmp_path / "rows.npy"])}
    assert stage._losses(Glance(), watched, Calibration(1, 1, "fp32", 1.0)) == {"rows": 1.0}
    assert (len(seen), seen[0], seen[-1]) == (stage.WATCHED_ROWS, 0, 999)
    assert set(np.diff(seen)) == {15, 16}


def test_it_says_what_it_was_made_from(given, mindful):
    mindful.verify()
    assert mindful.manifest["inputs"] == {name: one.fingerprint for name, one in given.items()}
    assert load_model(mindful.path, Tokenizer.load(given["base"].path).fingerprint)


def test_without_old_rows_the_new_ones_are_told(given, tmp_path):
    inputs = {name: given[name] for name in ("base", "inputs")}
    config = replace(CONFIG, tokens=1024)
    found = produce(continual.STAGE, config, inputs, tmp_path, "m").statistics
    assert set(found["held_out_losses"]) == {"new"}
    with pytest.raises(TrainingError, match=r"model\.replay is 0\.2, and there are no old rows"):
        produce(continual.STAGE, replace(config, replay=0.2), inputs, tmp_path, "m")


def test_a_stopped_run_goes_on_to_the_bit(given, mindful, tmp_path):
    def listener(event):
        if event.task == "training" and event.done >= 9:
            raise KeyboardInterrupt

    config = replace(CONFIG, replay=0.3, checkpoint_seconds=1e-9)
    with pytest.raises(KeyboardInterrupt), listening(listener):
        produce(continual.STAGE, config, given, tmp_path, "m")
    again = produce(continual.STAGE, config, given, tmp_path, "m")
    for name in ("model.safetensors", "samples.jsonl"):
        assert again.file(name).read_bytes() == mindful.file(name).read_bytes()
    rows, wanted = (
        [{**row, "seconds": 0} for row in read_metrics(one.file("metrics.jsonl"))]
        for one in (again, mindful)
    )
    assert rows == wanted
    assert again.statistics["held_out_losses"] == mindful.statistics["held_out_losses"]


@pytest.mark.parametrize(
    ("settings", "length", "remedy"),
    [
        ({"depth": 2}, LENGTH, r"model\.depth is 2, .* is 1: set it to 1"),
        ({"objective": "masked"}, LENGTH, r"objective is masked, .* is causal: set it to causal"),
        ({}, 2 * LENGTH, rf"inputs\.row_length is 256, .* is {LENGTH}: set it to {LENGTH}"),
    ],
)
def test_settings_that_contradict_the_base_are_refused(given, settings, length, remedy):
    with pytest.raises(TrainingError, match=remedy):
        continual.check_base(replace(CONFIG, **settings), length, given["base"])
    continual.check_base(CONFIG, LENGTH, given["base"])
    continual.check_base(CONFIG, LENGTH // 2, given["base"])


def test_old_rows_must_fit(given, tokenizer, tmp_path):
    base, config = given["base"], replace(CONFIG, replay=0.3)
    short = packed(tmp_path / "short", tokenizer, texts(PYTHON[:2]), LENGTH - 1)
    with pytest.raises(TrainingError, match=r"the old rows have 127 tokens: set it to 127, or"):
        continual.check_old(config, LENGTH, base, short)
    continual.check_old(replace(config, replay=0.0), LENGTH, base, short)  # only looked at
    foreign = packed(tmp_path / "foreign", tiny_tokenizer(), texts(PYTHON[:2]))
    with pytest.raises(TrainingError, match="made with another tokenizer"):
        continual.check_old(config, LENGTH, base, foreign)
    continual.check_old(config, LENGTH, base, given["old"])


def test_a_foreign_tokenizer_is_refused(tmp_path):
    config = replace(CONFIG, depth=2)
    other = model_artifact(tmp_path / "foreign", tokenizer=foreign(smollm(), "<|im_end|>"))
    with pytest.raises(TrainingError, match=r"lacks tokens .* give a model that codekiln trained"):
        continual.check_base(config, LENGTH, other)
    continual.check_base(config, LENGTH, model_artifact(tmp_path / "own"))


def test_weights_that_are_not_the_tokenizers_are_refused(given, tmp_path):
    alien = {"config.json": b"", "model.safetensors": b"", "tokenizer.json": b""}
    files = {name: given["base"].file(name).read_bytes() for name in alien}
    files["tokenizer.json"] = tiny_tokenizer().definition.encode()
    inputs = given | {"base": artifact(tmp_path, "model", files)}
    with pytest.raises((ModelError, TrainingError), match="another tokenizer"):
        produce(continual.STAGE, CONFIG, inputs, tmp_path, "m")
