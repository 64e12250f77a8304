"""`codekiln adapt` as a user gives it."""

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from histories import commit, small_repository
from model_artifacts import model_artifact


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("models")).path


@pytest.fixture
def repository(tmp_path):
    root = small_repository(tmp_path / "project")
    commit(root, 5000, {"more.py": "".join(f"value_{n} = {n}\n" for n in range(4))})
    return root


@pytest.fixture
def given(model, tmp_path):
    return ["--base", model, "--work", tmp_path / "work"]


def test_it_says_what_helps_and_how_it_is_used(codekiln, repository, given, model):
    found = codekiln("adapt", repository, *given)
    assert found.code == 0
    said = " ".join(found.out.split())
    assert "9 lines of the last 4 commits, not learned" in said
    assert "The index of the folder" in said
    assert "Not tuned: no time was given" in said
    assert f"codekiln complete --model {model}" in said
    assert f"codekiln connect EDITOR --model {model}" in said
    plain = codekiln("adapt", repository, *given, "--json").json
    assert plain["kept"] in ("base", "base + index")
    indexed = f" --repo {repository}" if plain["uses_index"] else ""
    assert f"codekiln serve --model {model}{indexed} --work" in said
    assert plain["lines"] == 9
    assert plain["model"] == str(model)


def test_mistakes_are_told(codekiln, repository, given, tmp_path):
    (tmp_path / "empty").mkdir()
    assert_refused(codekiln("adapt", tmp_path / "empty", *given), 2, "is empty", "give one")
    assert_refused(codekiln("adapt", repository, *given, "--update"), 2, "without --update first")
    refused = codekiln("adapt", tmp_path / "none", *given, "--json")
    assert_refused_as_json(refused, 2, "SourceError", "There is no folder")
    assert codekiln("adapt", repository, *given, "--minutes", "0.5").code == 2
