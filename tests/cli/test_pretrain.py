"""`codekiln pretrain`, from the start and on from a model; what is told, and what is refused."""

import json
import shutil

import pytest

from cli.refusals import assert_refused, assert_refused_as_json

PYTHON = "def {name}_{n}(first, second):\n    return first * {n} + second\n\n\n"
C = "static int {name}_{n}(int first, int second)\n{{\n    return first * {n} + second;\n}}\n\n"
SETTINGS = (
    *("model.depth=1", "model.tokens=2048", "model.batch_tokens=512", "model.threads=1"),
    *("model.precision=fp32", "tokenizer.vocabulary=300", "inputs.row_length=160"),
    *("corpus.near_duplicates=1.0", "corpus.held_out=0.3"),
)


def recipe_of(folder, name, template, suffix):
    """A recipe for a folder of code, which is written."""
    (folder / name).mkdir(parents=True)
    for word in ("alpha", "beta", "gamma", "delta"):
        text = "".join(template.format(name=word, n=n) for n in range(30))
        (folder / name / f"{word}{suffix}").write_text(text)
    sources = json.dumps([f"own:{folder / name}"])
    path = folder / f"{name}.toml"
    path.write_text(f"name = '{name}'\n[corpus]\nsources = {sources}\n[model]\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("code")
    recipe_of(folder, "python", PYTHON, ".py")
    recipe_of(folder, "c", C, ".c")
    return folder


@pytest.fixture
def pretrain(codekiln, folder):
    def give(name, *arguments, work=folder / "work", settings=()):
        every = [part for one in (*SETTINGS, *settings) for part in ("--set", one)]
        recipe = folder / f"{name}.toml"
        return codekiln("pretrain", recipe, "--work", work, *every, *arguments)

    return give


@pytest.fixture
def base(pretrain):
    """The folder of a model of Python; found again after its first time."""
    result = pretrain("python", "--json")
    assert result.code == 0, result.err
    return result.json["artifacts"]["model"]


def test_from_the_start_it_ends_at_the_model(base, folder):
    stages = {path.name for path in (folder / "work").iterdir() if path.is_dir()}
    assert {"corpus", "tokenizer", "inputs", "model"} <= stages
    assert not stages & {"evaluation", "report"}


def test_it_goes_on_from_a_model(pretrain, base):
    result = pretrain("c", "--from", base, "--json")
    assert result.code == 0, result.err
    assert list(result.json["artifacts"]) == ["base", "old", "corpus", "inputs", "model"]
    assert result.json["artifacts"]["base"] == base
    losses = result.json["statistics"]["model"]["held_out_losses"]
    assert losses["new"]["after"] < losses["new"]["before"]
    assert set(losses["old"]) == {"before", "after"}
    plain = pretrain("c", "--from", base)
    for figure in (loss for both in losses.values() for loss in both.values()):
        assert f"{figure:.3f}" in plain.out
    assert result.json["artifacts"]["model"] in plain.out
    assert "training" not in plain.err  # it was found


def test_the_tokenizer_is_the_models_own(pretrain, base, folder):
    result = pretrain("c", "--from", base, "--json")
    tokenizers = list((folder / "work" / "tokenizer").glob("*/tokenizer.json"))
    assert len(tokenizers) == 1
    made = folder / "work" / "model" / result.json["artifacts"]["model"] / "tokenizer.json"
    assert made.read_bytes() == tokenizers[0].read_bytes()


def test_old_rows_elsewhere_are_given(pretrain, base, folder, tmp_path):
    """Their folder is not where the model's work folder would have it."""
    alone = shutil.copytree(base, tmp_path / "model" / "base-00000000")
    refused = pretrain("c", "--from", alone, work=tmp_path)
    assert_refused(refused, 2, "give them with --replay, or set model.replay=0")
    assert not (tmp_path / "corpus").exists()
    (old,) = (path for path in (folder / "work" / "inputs").glob("python-*") if path.is_dir())
    with_rows = pretrain("c", "--from", alone, "--replay", old, "--json", work=tmp_path)
    assert with_rows.code == 0, with_rows.err
    assert set(with_rows.json["statistics"]["model"]["held_out_losses"]) == {"new", "old"}
    without = pretrain("c", "--from", alone, "--json", work=tmp_path, settings=["model.replay=0"])
    assert without.code == 0, without.err
    assert set(without.json["statistics"]["model"]["held_out_losses"]) == {"new"}


def test_what_does_not_go_together_is_told_before_anything_is_built(pretrain, base, tmp_path):
    for settings, words in (
        (["model.depth=2"], ["model.depth is 2", "set it to 1"]),
        (["inputs.row_length=256"], ["inputs.row_length is 256", "set it to 160"]),
    ):
        result = pretrain("c", "--from", base, work=tmp_path / "work", settings=settings)
        assert_refused(result, 1, *words)
    shorter = ["inputs.row_length=128"]
    result = pretrain("c", "--from", base, work=tmp_path / "work", settings=shorter)
    assert_refused(result, 1, "the old rows have 160 tokens: set it to 160")
    assert not (tmp_path / "work").exists()


def test_what_is_no_model_is_refused(pretrain, base, folder, tmp_path):
    (old,) = (path for path in (folder / "work" / "inputs").glob("python-*") if path.is_dir())
    assert_refused(pretrain("c", "--from", old), 1, "is an artifact of 'inputs', but 'model'")
    assert_refused(pretrain("c", "--from", tmp_path), 1, "is no artifact")
    assert_refused(pretrain("c", "--from", base, "--replay", base), 1, "'inputs' is needed here")
    refused = pretrain("c", "--replay", old, "--json")
    assert_refused_as_json(refused, 2, "UsageError", "--replay needs --from")


def test_a_model_of_the_package_has_a_name(pretrain, tmp_path):
    result = pretrain("c", "--from", "starter", work=tmp_path, settings=["model.replay=0"])
    assert_refused(result, 1, "model.depth is 1", "set it to 8")
    result = pretrain("c", "--from", "starter", work=tmp_path)
    assert_refused(result, 2, "give them with --replay, or set model.replay=0")
