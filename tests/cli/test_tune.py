"""`codekiln tune`, and completing with the adapter it made; what is told, and what is refused."""

import json
import sys
from pathlib import Path

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.tokenizer import Tokenizer
from codekiln.training import __main__
from foreign_tokenizers import foreign, smollm
from model.shapes import LLAMA
from model_artifacts import model_artifact
from training.test_tuning import additions, examples_of

SETTINGS = (
    *("tuning.rank=4", "tuning.learning_rate=0.01", "tuning.epochs=2", "tuning.batch_tokens=512"),
    *("tuning.precision=fp32", "tuning.threads=1", "examples.row_length=64"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tune")
    lines = (json.dumps({"context": c, "target": t}) for c, t in additions(100, 1))
    (folder / "examples.jsonl").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def base(folder):
    return model_artifact(folder / "base")


@pytest.fixture
def tune(codekiln, folder, base):
    def give(*arguments, examples=folder / "examples.jsonl", settings=SETTINGS):
        every = [part for one in settings for part in ("--set", one)]
        given = ("--from", base.path, "--work", folder / "work", *every, *arguments)
        return codekiln("tune", examples, *given)

    return give


def test_it_tells_what_changed_and_where_it_lies(tune):
    result = tune("--json")
    assert result.code == 0, result.err
    assert list(result.json["artifacts"]) == ["base", "examples", "adapter", "model"]
    losses = result.json["statistics"]["model"]["held_out_losses"]["examples"]
    assert losses["after"] < losses["before"]
    plain = tune()
    for figure in losses.values():
        assert f"{figure:.3f}" in plain.out
    paths = result.json["artifacts"]
    assert f"complete --model {paths['model']} FILE" in plain.out
    assert f"complete --model {paths['base']} --adapter {paths['adapter']} FILE" in plain.out
    assert "did not help" not in plain.out


def test_it_says_when_it_did_not_help(tune, tmp_path):
    """An adapter that cannot move, for want of a rate to speak of."""
    settings = (*SETTINGS, "tuning.learning_rate=1e-30")
    result = tune(settings=settings)
    assert result.code == 0, result.err
    assert "Tuning did not help" in result.out


def test_a_recipe_says_the_same(tune, tmp_path):
    (tmp_path / "r.toml").write_text(
        "name = 'other'\n[corpus]\nsources = ['x']\n[tuning]\nmethod = 'full'\nepochs = 1\n"
        "batch_tokens = 512\nprecision = 'fp32'\nthreads = 1\n[examples]\nrow_length = 64\n"
    )
    result = tune("--recipe", tmp_path / "r.toml", "--json", settings=())
    assert result.code == 0, result.err
    assert "adapter" not in result.json["artifacts"]
    assert "/model/other-" in result.json["artifacts"]["model"]


def test_an_adapter_completes(tune, codekiln, base, tmp_path):
    adapter = tune("--json").json["artifacts"]["adapter"]
    source = tmp_path / "mine.py"
    source.write_text("def a(b, c):\n")
    given = (source, "--line", 1, "--model", base.path, "--raw", "--max-tokens", 8, "--json")
    plain = codekiln("complete", *given).json
    tuned = codekiln("complete", *given, "--adapter", adapter).json
    assert plain["token_ids"] != tuned["token_ids"]


def test_an_adapter_of_another_model_is_refused_by_name(tune, codekiln, tmp_path):
    adapter = tune("--json").json["artifacts"]["adapter"]
    source = tmp_path / "mine.py"
    source.write_text("x\n")
    result = codekiln("complete", source, "--line", 1, "--adapter", adapter)
    assert_refused(result, 1, "was tuned on tiny", "give the model that it was tuned on")


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ('{"context": "a", "target": ""}', "CorpusError", "empty target"),
        ('{"prompt": "a"}', "CorpusError", "is no example"),
        ('{"context": "a", "target": "b"}', "CorpusError", "are of one group"),
        ("", "CorpusError", "are of one group"),
    ],
)
def test_bad_examples_are_refused(tune, tmp_path, content, kind, words):
    (tmp_path / "e.jsonl").write_text(content)
    result = tune("--json", examples=tmp_path / "e.jsonl")
    assert_refused_as_json(result, 1, kind, words)


def test_a_model_is_extended(codekiln, tmp_path):
    plain = model_artifact(tmp_path / "plain", LLAMA, foreign(smollm(), "<|im_end|>"))
    result = codekiln("extend", plain.path, "--work", tmp_path, "--json")
    assert result.code == 0, result.err
    tokenizer = Tokenizer.load(Path(result.json["artifact"]))
    assert result.json["statistics"]["tokens"] == [
        tokenizer.special(token) for token in ("<fim_prefix>", "<fim_middle>", "<fim_suffix>")
    ]
    again = codekiln("extend", result.json["artifact"], "--work", tmp_path, "--json")
    assert again.json["artifact"] == result.json["artifact"]
    refused = codekiln("extend", plain.path, "--token", "<new>", "--work", tmp_path)
    assert_refused(refused, 2, "<new> is no token to add")


def test_missing_examples_are_refused(tune, tmp_path):
    assert_refused(tune(examples=tmp_path / "none.jsonl"), 2, "There are no examples in")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("tuning.rang=4", "did you mean 'rank'"),
        ("tuning.method=qlora", "must be one of lora, full"),
        ("tuning.targets=['conv']", "a layer has q_proj"),
        ("examples.row_length=1024", "and the context of"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tune, setting, words):
    result = tune(settings=(*SETTINGS, setting))
    assert result.code in (1, 2)
    assert_refused(result, result.code, words)


def test_a_bare_machine_makes_the_same_adapter(tune, base, monkeypatch, capsys, tmp_path):
    made = tune("--json").json["artifacts"]
    recipe = tmp_path / "r.toml"
    recipe.write_text("name = 'tuned'\n")
    words = [recipe, "--base", base.path, "--inputs", made["examples"], "--work", tmp_path / "w"]
    words += [part for one in SETTINGS if one.startswith("tuning") for part in ("--set", one)]
    monkeypatch.setattr(sys, "argv", ["training", *map(str, words)])
    assert __main__.main() == 0
    (found,) = (tmp_path / "w/adapter").glob("*/adapter_model.safetensors")
    assert json.loads(capsys.readouterr().out)["path"] == str(found.parent)
    assert found.read_bytes() == (Path(made["adapter"]) / found.name).read_bytes()


def test_rows_of_another_kind_are_refused_there(base, monkeypatch, capsys, tmp_path):
    (tmp_path / "r.toml").write_text("")
    words = [tmp_path / "r.toml", "--base", base.path, "--inputs", base.path, "--work", tmp_path]
    monkeypatch.setattr(sys, "argv", ["training", *map(str, words)])
    assert __main__.main() == 1
    assert "'examples' is needed here" in capsys.readouterr().err
    examples = examples_of(tmp_path, base, additions(30, 1), additions(5, 2))
    words[words.index("--inputs") + 1] = examples.path
    monkeypatch.setattr(sys, "argv", ["training", *map(str, words), "--set", "tuning.epochs=1"])
    assert __main__.main() == 0
