"""From a base and a file of examples to a tuned model that other programs load."""

import json
import shutil
import warnings
from dataclasses import replace

import peft
import pytest
import torch
import transformers

from codekiln.artifact import Stage, open_artifact, produce
from codekiln.errors import ArtifactError, SourceError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer
from codekiln.inputs.examples import ExampleRows, ids_of
from codekiln.model.gguf import config_of, read_gguf
from codekiln.model.weights import load_model
from codekiln.pipeline.compress import compress
from codekiln.pipeline.export import export
from codekiln.pipeline.extend import extend
from codekiln.pipeline.recipe import TuningRecipe, read_tuning_recipe
from codekiln.pipeline.tune import tune
from codekiln.tasks.stage import TasksConfig, stage_of
from codekiln.tokenizer import Tokenizer
from fakes import build_corpus
from foreign_tokenizers import foreign, qwen2, smollm
from model.shapes import LLAMA, QWEN_2, all_logits, random_ids
from model_artifacts import model_artifact
from training.test_tuning import additions

FIM = ("<fim_prefix>", "<fim_middle>", "<fim_suffix>")
SETTINGS = (
    *("tuning.rank=4", "tuning.learning_rate=0.01", "tuning.epochs=4", "tuning.batch_tokens=512"),
    *("tuning.precision=fp32", "tuning.threads=1", "examples.row_length=64"),
    f"tuning.tokens={json.dumps(FIM)}",
)
IDS = random_ids(2, 40)
MODULE = """def scaled_{n}(value, factor=2):
    if value < 0:
        return 0
    return value * factor + {n}
"""


def written(path, pairs):
    lines = (json.dumps({"context": context, "target": target}) for context, target in pairs)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def base(work):
    """As SmolLM2: Llama's layers, tied, and no tokens for filling in."""
    return model_artifact(work / "base", LLAMA, foreign(smollm(), "<|im_end|>"))


@pytest.fixture(scope="module")
def made(work, base):
    path = written(work / "examples.jsonl", additions(150, 1))
    return tune(read_tuning_recipe(None, SETTINGS), base.path, path, work)


def logits(artifact):
    model = load_model(artifact.path, Tokenizer.load(artifact.path).fingerprint)
    return all_logits(model, IDS)


def test_the_base_is_extended_and_the_adapter_is_of_that(made, base):
    assert list(made) == ["base", "examples", "adapter", "model"]
    tokenizer = Tokenizer.load(made["base"].path)
    assert all(tokenizer.knows(token) for token in FIM)
    assert made["base"].manifest["inputs"] == {"base": base.fingerprint}
    assert made["adapter"].manifest["inputs"]["base"] == made["base"].fingerprint
    assert Tokenizer.load(made["model"].path).fingerprint == tokenizer.fingerprint
    torch.testing.assert_close(logits(made["base"])[..., :300], logits(base)[..., :300])


def test_it_learned(made):
    losses = made["model"].statistics["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"] - 0.5


def test_peft_on_the_base_is_the_merged_model(made):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = transformers.AutoModelForCausalLM.from_pretrained(
            made["base"].path, dtype=torch.float32
        )
        model = peft.PeftModel.from_pretrained(theirs, made["adapter"].path).eval()
    with torch.no_grad():
        found = model(IDS).logits
    torch.testing.assert_close(found, logits(made["model"]), rtol=1e-4, atol=2e-5)


def test_the_merged_model_is_exported_and_compressed(made, tmp_path):
    export(made["model"].path, tmp_path / "hf", "hf")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "hf")
    with torch.no_grad():
        torch.testing.assert_close(theirs(IDS).logits, logits(made["model"]), rtol=1e-4, atol=2e-5)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "hf")
    ours = Tokenizer.load(made["model"].path)
    assert tokenizer.convert_tokens_to_ids(FIM[0]) == ours.special(FIM[0])
    export(made["model"].path, tmp_path / "m.gguf", "gguf")
    size = ours.special(FIM[-1]) + 1
    assert config_of(read_gguf(tmp_path / "m.gguf")).vocabulary >= size
    small = compress(made["model"].path, tmp_path)
    assert (logits(small) - logits(made["model"])).abs().mean() < 0.1


def test_it_is_found_again(made, work, base):
    again = tune(read_tuning_recipe(None, SETTINGS), base.path, work / "examples.jsonl", work)
    assert {name: one.path for name, one in again.items()} == {
        name: one.path for name, one in made.items()
    }


def test_other_examples_are_another_tuning(made, work, base):
    path = written(work / "others.jsonl", additions(60, 5))
    again = tune(read_tuning_recipe(None, SETTINGS), base.path, path, work)
    assert again["adapter"].path != made["adapter"].path
    assert again["base"].path == made["base"].path


def test_it_fills_in_when_asked(made):
    """The tuned model takes a prompt that its base has no tokens for."""
    request = CompletionRequest("def f(a, b):\n", suffix="x = 1\n", max_tokens=3)
    found = collect(load_completer(made["model"].path, kind="torch"), request)
    assert found.timings.generated_tokens > 0


@pytest.mark.parametrize("is_artifact", [True, False])
def test_both_splits_are_taken(base, tmp_path, is_artifact):
    """From a stage that writes them, or from a folder as `tasks rows` writes it."""

    def build(config, inputs, out):
        written(out / "train.jsonl", additions(40, 1))
        written(out / "held_out.jsonl", additions(5, 2))
        return {}

    folder = tmp_path / "rows"
    if is_artifact:
        folder = produce(Stage("lessons", 1, build), {}, {}, tmp_path, "t").path
    else:
        folder.mkdir()
        build(None, None, folder)
    settings = (*SETTINGS, "tuning.method=full")
    made = tune(read_tuning_recipe(None, settings), base.path, folder, tmp_path)
    assert list(made) == ["base", "examples", "model"]
    assert made["examples"].statistics["held_out"]["examples"] == 5
    assert open_artifact(made["model"].path, "model")


@pytest.fixture(scope="module")
def tasks(base, tmp_path_factory):
    """As `codekiln tasks build` makes them."""
    folder = tmp_path_factory.mktemp("tasks")
    files = {f"package{n}/module.py": MODULE.format(n=n) for n in range(10)}
    inputs = {"corpus": build_corpus(folder, files), "tokenizer": base}
    config = TasksConfig(completions=60, implementations=0, bugs=0)
    return produce(stage_of(None), config, inputs, folder, "t")


def test_tasks_become_rows_of_the_extended_base(base, tasks, tmp_path):
    settings = (*SETTINGS, "tuning.epochs=1")
    made = tune(read_tuning_recipe(None, settings), base.path, tasks.path, tmp_path)
    counts = made["examples"].statistics
    for split in ("train", "held_out"):
        known = tasks.statistics[split]["examples"]
        assert 0 < counts[split]["examples"] <= known
    rows = ExampleRows.of(made["examples"], "train")
    middle = Tokenizer.load(made["base"].path).special("<fim_middle>")
    assert any((ids_of(rows[place]) == middle).any() for place in range(len(rows)))


def test_a_model_of_qwen_coders_shape_goes_from_tasks_to_a_completion(tasks, tmp_path):
    """It knows how to fill in, so nothing is extended; its adapter is chosen by a request."""
    base = model_artifact(tmp_path / "qwen", QWEN_2, foreign(qwen2(), "<|im_end|>"))
    settings = (*(one for one in SETTINGS if "tokens=[" not in one), "tuning.seed=1")
    made = tune(read_tuning_recipe(None, settings), base.path, tasks.path, tmp_path)
    assert made["base"].path == base.path
    losses = made["model"].statistics["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"]
    completer = load_completer(base.path, kind="torch", adapters={"mine": made["adapter"].path})
    request = CompletionRequest("def f(a, b):\n", suffix="x = 1\n", max_tokens=8, adapter="mine")
    found = collect(completer, request)
    alone = collect(load_completer(made["model"].path, kind="torch"), replace(request, adapter=""))
    assert found.token_ids == alone.token_ids != ()


def test_what_is_known_is_not_extended(made, tmp_path):
    assert extend(made["model"], FIM, tmp_path) is made["model"]


@pytest.mark.parametrize("name", ["nothing.jsonl", "nothing/at/all", "."])
def test_missing_examples_are_told(base, tmp_path, name):
    with pytest.raises(SourceError, match=r"There are no examples in .*: give what"):
        tune(TuningRecipe(), base.path, tmp_path / name, tmp_path)


def test_a_damaged_artifact_is_told(base, tasks, tmp_path):
    shutil.copytree(tasks.path, tmp_path / "tasks")
    (tmp_path / "tasks" / "manifest.json").write_text("{")
    with pytest.raises(ArtifactError, match="cannot be read"):
        tune(TuningRecipe(), base.path, tmp_path / "tasks", tmp_path)
