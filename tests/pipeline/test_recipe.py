"""Recipes: what stands in them, what is told of a wrong one, and the list of all settings."""

from pathlib import Path

import pytest

from codekiln.config import read_toml
from codekiln.errors import RecipeError
from codekiln.pipeline.recipe import (
    TuningRecipe,
    read_corpus_recipe,
    read_recipe,
    read_tuning_recipe,
)
from codekiln.pipeline.settings import every_setting

LEAST = "[corpus]\nsources = ['src']\n[model]\ndepth = 2\n"
SHIPPED = sorted((Path(__file__).parents[2] / "recipes").glob("*.toml"))


@pytest.fixture
def read(tmp_path):
    def read(text, *assignments):
        path = tmp_path / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        return read_recipe(path, assignments)

    return read


def test_what_is_not_said_has_its_default(read):
    recipe = read(LEAST)
    assert recipe.corpus.sources == ("src",)
    assert recipe.model.depth == 2
    assert recipe.name == "model"
    assert recipe == read(LEAST + "[tokenizer]\n[inputs]\n[evaluation]\n[report]\n")


def test_a_setting_goes_over_the_file(read):
    recipe = read(LEAST, "model.depth=3", "name=other", "inputs.row_length=256", "model.depth=5")
    assert (recipe.model.depth, recipe.name, recipe.inputs.row_length) == (5, "other", 256)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[corpus]\nsources = ['src']\n", "lacks 'model': add it"),
        ("[corpus]\n[model]\n", "lacks 'corpus.sources': add it"),
        (LEAST + "[tokeniser]\n", "Unknown key 'tokeniser': did you mean 'tokenizer'?"),
        (LEAST + "[inputs]\nrow_lenght = 9\n", "'inputs.row_lenght': did you mean 'row_length'?"),
        (LEAST + "warmup = 'long'\n", "'model.warmup' must be of type float, not 'long'"),
        (LEAST + "tokens = 1.5\n", "'model.tokens' must be of type int"),
        (LEAST + "decay = 1.5\n", "'model.decay' must be 0 to 1, not 1.5"),
        (LEAST + "tokens = -1\n", "'model.tokens' must be >= 0, not -1"),
        (LEAST + "clip = 0\n", "'model.clip' must be > 0, not 0"),
    ],
)
def test_a_mistake_is_told(read, text, message):
    with pytest.raises(RecipeError) as caught:
        read(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../up", "a b", "a\\b", "--", "a" * 65])
def test_a_name_that_is_no_file_name_is_refused(read, name):
    with pytest.raises(RecipeError, match="'name' must be letters, digits, - and _ only"):
        read(f"name = '{name}'\n" + LEAST)


@pytest.mark.parametrize("name", ["a", "my-model_2", "7"])
def test_a_plain_name_is_taken(read, name):
    assert read(f"name = '{name}'\n" + LEAST).name == name


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_recipes_are_recipes(path):
    tables = read_toml(path)
    if "tuning" in tables:
        assert read_tuning_recipe(path).name == path.stem
    if "corpus" in tables:
        assert read_corpus_recipe(path).name == path.stem
    if "model" in tables:
        recipe = read_recipe(path)
        assert recipe.name == path.stem
        assert bool(recipe.model.tokens) != bool(recipe.model.seconds)


def test_tuning_can_be_read_from_a_recipe_of_more_or_less(tmp_path):
    (tmp_path / "r.toml").write_text("name = 'r'\n" + LEAST + "[tuning]\nrank = 4\n")
    recipe = read_tuning_recipe(tmp_path / "r.toml", ["tuning.epochs=2"])
    assert (recipe.name, recipe.tuning.rank, recipe.tuning.epochs) == ("r", 4, 2.0)
    assert read_tuning_recipe(None) == TuningRecipe()
    with pytest.raises(RecipeError, match=r"Unknown key 'tuning\.rang': did you mean 'rank'"):
        read_tuning_recipe(None, ["tuning.rang=4"])


def test_a_corpus_can_be_read_from_a_recipe_of_more_or_less(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text("name = 'mine'\n[corpus]\nsources = ['src']\n[later]\nnew = 1\n")
    recipe = read_corpus_recipe(path, ["corpus.seed=3"])
    assert (recipe.name, recipe.corpus.sources, recipe.corpus.seed) == ("mine", ("src",), 3)
    path.write_text("[corpus]\nsorces = ['src']\n")
    with pytest.raises(RecipeError, match=r"'corpus\.sorces': did you mean 'sources'\?"):
        read_corpus_recipe(path)
    path.write_text("name = 'a/b'\n[corpus]\nsources = ['src']\n")
    with pytest.raises(RecipeError, match="'name' must be letters"):
        read_corpus_recipe(path)


def test_every_setting_can_be_written_down(read):
    """The defaults as text, read back, are the defaults."""
    tables = {}
    for setting in every_setting():
        assert setting.help
        if setting.default:
            tables.setdefault(setting.stage, []).append(f"{setting.name} = {setting.default}")
    tables["corpus"].append("sources = ['src']")
    text = "\n".join(f"[{stage}]\n" + "\n".join(lines) for stage, lines in tables.items())
    assert read(text) == read("[corpus]\nsources = ['src']\n[model]\n")
    assert [s.name for s in every_setting() if not s.default] == ["sources"]
