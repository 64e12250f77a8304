"""Tuning a small model: it learns, the best look is kept, a stopped run goes on to the bit."""

import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
import torch

from codekiln.artifact import open_artifact, produce
from codekiln.errors import TrainingError
from codekiln.inputs.examples import ExampleRows
from codekiln.inputs.examples.stage import ExamplesConfig, stage_of
from codekiln.model.arrays import read_arrays
from codekiln.model.lora import merged, read_adapter
from codekiln.model.lora.wrap import adapted
from codekiln.model.weights import load_model
from codekiln.telemetry import listening, read_metrics
from codekiln.tokenizer import Tokenizer
from codekiln.training import TuningConfig, loop, together, tuning
from codekiln.training.supervised import Supervised
from foreign_tokenizers import foreign, qwen2, smollm
from model.shapes import QWEN_2
from model_artifacts import model_artifact
from training import crew

CONFIG = TuningConfig(
    rank=8,
    learning_rate=1e-2,
    epochs=12.0,
    batch_tokens=512,
    precision="fp32",
    threads=1,
    checkpoint_seconds=1000.0,
)
FULL = replace(CONFIG, method="full", learning_rate=3e-3)


def additions(count, seed):
    generator = random.Random(seed)
    for _ in range(count):
        name, first, second = (generator.choice("abcdefgh") for _ in range(3))
        yield f"def {name}({first}, {second}):\n", f"    return {first} + {second}\n"


def examples_of(work, base, pairs, held_out):
    files = {}
    for split, given in (("train", pairs), ("held_out", held_out)):
        files[split] = work / f"{split}.jsonl"
        lines = (json.dumps({"context": context, "target": target}) for context, target in given)
        files[split].write_text("\n".join(lines), encoding="utf-8")
    return produce(stage_of(files), ExamplesConfig(row_length=64), {"base": base}, work, "t")


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    work = tmp_path_factory.mktemp("given")
    base = model_artifact(work)
    return {"base": base, "examples": examples_of(work, base, additions(200, 1), additions(20, 2))}


@pytest.fixture(scope="module")
def tuned(given, tmp_path_factory):
    return produce(tuning.ADAPTER, CONFIG, given, tmp_path_factory.mktemp("tuned"), "t")


def held_out_loss(model, examples):
    rows = ExampleRows.of(examples, "held_out")
    batch = Supervised().prepare(torch.from_numpy(rows[range(len(rows))]))
    with torch.no_grad():
        return float(Supervised().loss(model, batch))


def base_model(base):
    return load_model(base.path, Tokenizer.load(base.path).fingerprint)


def test_an_adapter_learns_and_the_losses_told_are_its(given, tuned):
    base, losses = base_model(given["base"]), tuned.statistics["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"] - 1.0
    model = adapted(base, read_adapter(tuned.path, given["base"], base.config))
    assert held_out_loss(base, given["examples"]) == pytest.approx(losses["before"], abs=1e-4)
    assert held_out_loss(model, given["examples"]) == pytest.approx(losses["after"], abs=1e-4)
    assert tuned.statistics["learned_parameters"] == sum(
        math.prod(shape) for shape in CONFIG.shape().shapes(base.config).values()
    )


def test_all_weights_learn(given, tmp_path):
    model = produce(tuning.MODEL, FULL, given, tmp_path, "t")
    losses = model.statistics["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"] - 1.0
    found = base_model(model)
    assert held_out_loss(found, given["examples"]) == pytest.approx(losses["after"], abs=1e-4)
    assert "learned_parameters" not in model.statistics


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_of_qwen_coders_shape_is_tuned(tmp_path, tied):
    tokenizer = foreign(qwen2(), "<|im_end|>")
    base = model_artifact(tmp_path, replace(QWEN_2, tied=tied), tokenizer)
    inputs = {
        "base": base,
        "examples": examples_of(tmp_path, base, additions(100, 1), additions(10, 2)),
    }
    config = replace(CONFIG, tokens=("<fim_prefix>", "<fim_middle>"), epochs=6.0)
    adapter = produce(tuning.ADAPTER, config, inputs, tmp_path, "t")
    losses = adapter.statistics["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"] - 0.5
    model = base_model(base)
    found = read_adapter(adapter.path, base, model.config)
    assert found.shape.tokens == tuple(sorted(map(tokenizer.special, config.tokens)))
    weights = merged(read_arrays(base.path, model.config), found, model.config)
    model.load_state_dict({name: torch.from_numpy(np.array(w)) for name, w in weights.items()})
    assert held_out_loss(model, inputs["examples"]) == pytest.approx(losses["after"], abs=1e-4)


@pytest.mark.parametrize("config", [CONFIG, FULL], ids=["lora", "full"])
def test_a_stopped_run_goes_on_to_the_bit(given, config, tmp_path):
    def interrupting_at(step):
        def listener(event):
            if event.task == "training" and event.done == step and not event.finished:
                raise KeyboardInterrupt

        return listener

    stage = tuning.ADAPTER if config is CONFIG else tuning.MODEL
    config = replace(config, epochs=3.0)
    often = replace(config, checkpoint_seconds=1e-9)
    for step in (1, 5, 11):
        with pytest.raises(KeyboardInterrupt), listening(interrupting_at(step)):
            produce(stage, often, given, tmp_path / "stopped", "t")
    again = produce(stage, often, given, tmp_path / "stopped", "t")
    whole = produce(stage, config, given, tmp_path / "whole", "t")
    (name,) = (name for name in whole.manifest["files"] if name.endswith(".safetensors"))
    assert again.file(name).read_bytes() == whole.file(name).read_bytes()
    rows, wanted = (
        [{**row, "seconds": 0} for row in read_metrics(one.file("metrics.jsonl"))]
        for one in (again, whole)
    )
    assert rows == wanted
    assert [row["step"] for row in wanted] == list(range(1, len(wanted) + 1))


@pytest.mark.parametrize("config", [CONFIG, FULL], ids=["lora", "full"])
def test_two_processes_learn_what_one_does(given, config, tmp_path):
    stage = tuning.ADAPTER if config is CONFIG else tuning.MODEL
    config = replace(config, epochs=2.0)
    crew.run(2, together.produce, stage, config, given, tmp_path / "two", "t")
    one = produce(stage, config, given, tmp_path / "one", "t")
    (two,) = (open_artifact(path) for path in (tmp_path / "two" / stage.name).glob("t-*"))
    assert two.statistics["processes"] == 2
    rows, wanted = (read_metrics(found.file("metrics.jsonl")) for found in (two, one))
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in wanted], abs=1e-3)
    losses = [found.statistics["held_out_losses"]["examples"] for found in (two, one)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)


def test_a_checkpoint_of_an_adapter_has_no_base(given, tmp_path):
    sizes = []

    def listener(event):
        if event.task == "training" and event.done == 5:
            shards = list(tmp_path.rglob("step-*/*.safetensors"))
            sizes.append(max(path.stat().st_size for path in shards))

    with listening(listener):
        produce(tuning.ADAPTER, replace(CONFIG, epochs=2.0), given, tmp_path, "t")
    weights = given["base"].file("model.safetensors").stat().st_size
    assert sizes
    assert sizes[0] < weights


def test_what_does_not_help_is_not_kept(given, tmp_path):
    """Held-out answers contradict those that are learned: the best look is that before all steps."""
    contrary = [(context, "zzz") for context, _ in additions(20, 2)]
    inputs = given | {"examples": examples_of(tmp_path, given["base"], additions(200, 1), contrary)}
    adapter = produce(tuning.ADAPTER, replace(CONFIG, patience=2), inputs, tmp_path, "t")
    statistics = adapter.statistics
    losses = statistics["held_out_losses"]["examples"]
    assert losses["after"] == losses["before"]
    assert statistics["best_step"] == 0
    looks = [
        row["step"] for row in read_metrics(adapter.file("metrics.jsonl")) if "held_out_loss" in row
    ]
    assert len(looks) == 2
    assert statistics["steps"] == looks[-1] < statistics["calibration"]["steps"]
    base = base_model(given["base"])
    found = read_adapter(adapter.path, given["base"], base.config)
    assert all(not a.any() for name, a in found.arrays.items() if "lora_B" in name)


def test_the_best_of_all_looks_is_kept(given, tmp_path, monkeypatch):
    """A rate that never falls, far too high at the end."""
    monkeypatch.setattr(loop, "warmup_stable_decay", lambda step, *_: 1.0 if step < 20 else -1.0)
    adapter = produce(tuning.ADAPTER, CONFIG, given, tmp_path, "t")
    rows = read_metrics(adapter.file("metrics.jsonl"))
    looks = {row["step"]: row["held_out_loss"] for row in rows if "held_out_loss" in row}
    best = min(looks, key=looks.__getitem__)
    assert best < max(looks)
    assert adapter.statistics["best_step"] == best
    after = adapter.statistics["held_out_losses"]["examples"]["after"]
    assert after == pytest.approx(looks[best], abs=1e-4)


def test_a_budget_in_seconds_becomes_steps(given, tmp_path):
    config = replace(CONFIG, seconds=0.5)
    plan = produce(tuning.ADAPTER, config, given, tmp_path, "t").statistics["calibration"]
    assert plan["steps"] == max(1, int(0.5 / plan["seconds_per_step"]))


def test_a_run_that_is_slower_than_its_steps_were_stops_in_time(given, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LATE", 1e-9)
    config = replace(CONFIG, seconds=0.5)
    statistics = produce(tuning.ADAPTER, config, given, tmp_path, "t").statistics
    assert statistics["steps"] == 1 < statistics["calibration"]["steps"]
    assert produce(tuning.ADAPTER, CONFIG, given, tmp_path, "t").statistics["steps"] > 1


def test_old_rows_among_the_new_ones_are_not_forgotten(given, tmp_path):
    (tmp_path / "new").mkdir()
    others = [(context, f"zz{n}") for n, (context, _) in enumerate(additions(200, 5))]
    new = examples_of(tmp_path / "new", given["base"], others, others[:20])
    inputs = {"base": given["base"], "examples": new, "old": given["examples"]}
    kept, forgotten = (
        produce(tuning.ADAPTER, replace(CONFIG, replay=share), inputs, tmp_path, "t")
        for share in (0.5, 0.0)
    )
    losses, others = (one.statistics["held_out_losses"] for one in (kept, forgotten))
    assert list(losses) == ["examples", "old"]
    assert losses["examples"]["after"] < losses["examples"]["before"] - 0.5
    assert losses["old"]["after"] < others["old"]["after"] - 0.5


def test_old_rows_of_another_length_are_told(given, tmp_path):
    longer = produce(
        stage_of(
            {s: given["base"].path.parent.parent / f"{s}.jsonl" for s in ("train", "held_out")}
        ),
        ExamplesConfig(row_length=96),
        {"base": given["base"]},
        tmp_path,
        "t",
    )
    with pytest.raises(TrainingError, match=r"row_length is 64, and the rows in .* have 96"):
        produce(tuning.ADAPTER, CONFIG, given | {"old": longer}, tmp_path, "t")


def refuse(config, base, words, length=64):
    with pytest.raises(TrainingError, match=words) as caught:
        tuning.check_base(config, length, base)
    assert "\n" not in str(caught.value)


def test_misfits_are_told(given, tmp_path):
    base, examples = given["base"], given["examples"]
    tuning.check_base(CONFIG, 64, base)
    refuse(replace(CONFIG, targets=("q_proj", "conv")), base, r"targets are \['conv'\]")
    encoder = model_artifact(tmp_path / "e", replace(QWEN_2, causal=False, attention_bias=False))
    refuse(CONFIG, encoder, "is an encoder")
    short = model_artifact(tmp_path / "s", replace(QWEN_2, context=63))
    refuse(CONFIG, short, r"examples\.row_length is 64, and the context .* is 63")
    tuning.check_base(CONFIG, 63, short)
    tuning.check_rows(examples, base)
    other = model_artifact(tmp_path / "o", tokenizer=foreign(smollm(), "<|im_end|>"))
    with pytest.raises(TrainingError, match="made with another tokenizer than that of"):
        tuning.check_rows(examples, other)


def test_a_token_must_be_there(tmp_path):
    base = model_artifact(tmp_path, tokenizer=foreign(smollm(), "<|im_end|>"))
    tuning.check_base(CONFIG, 64, base)
    lacking = replace(CONFIG, tokens=("<fim_prefix>",))
    refuse(lacking, base, "has no token <fim_prefix>: extend it")


@pytest.mark.parametrize(("width", "rate"), [(576, 1e-3), (128, 1e-3), (2304, 5e-4)])
def test_the_rate_falls_with_the_width(width, rate):
    config = TuningConfig()
    assert config.run(10, 64, width).matrix_rate() == pytest.approx(rate)
    assert replace(config, learning_rate=0.5).run(10, 64, width).matrix_rate() == 0.5


def test_a_budget_in_epochs_is_one_in_tokens():
    run = TuningConfig(epochs=2.5).run(rows=10, length=64, width=576)
    assert (run.tokens, run.seconds) == (1600, 0.0)
    assert TuningConfig(seconds=9.0).run(10, 64, 576).tokens == 0
