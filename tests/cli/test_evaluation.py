"""`codekiln try`, `codekiln eval replay` and `codekiln eval compare` as a user gives them."""

import io

import pytest
from rich.console import Console

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.cli.evaluation import results_table
from codekiln.evaluate.results import Item, table
from histories import FIRST, SECOND, commit, small_repository
from model_artifacts import model_artifact

SLOWLY = ("--seconds", "600")  # it ends when all lines are typed


@pytest.fixture
def repository(tmp_path):
    return small_repository(tmp_path / "project")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("models")).path


@pytest.fixture
def given(model, tmp_path):
    return ["--model", model, "--work", tmp_path / "work"]


@pytest.fixture
def replayed(codekiln, repository, given):
    """What `eval replay --json` said."""
    return codekiln("eval", "replay", repository, *given, "--json").json


def test_a_repository_is_tried(codekiln, repository, model):
    found = codekiln("try", repository, *SLOWLY, "--model", model)
    assert found.code == 0
    assert "of 5 lines of your last 3 commits" in " ".join(found.out.split())
    assert "The model alone: " in found.out
    assert "no gain beyond chance" in found.out
    assert "Nothing was trained" in found.out
    plain = codekiln("try", repository, *SLOWLY, "--model", model, "--json").json
    assert (plain["lines"], plain["kind"], plain["is_better"]) == (5, "commits", False)
    assert {row["system"] for row in plain["table"]} == {"model", "index"}


def test_a_folder_without_a_history_is_tried(codekiln, tmp_path, model):
    folder = tmp_path / "code"
    folder.mkdir()
    for number in range(20):
        (folder / f"file{number}.py").write_text(f"value = {number}\n{SECOND}")
    found = codekiln("try", folder, *SLOWLY, "--model", model)
    assert found.code == 0
    assert "that were hidden" in found.out


def test_git_need_not_be_installed(separate, repository, model, tmp_path):
    found = separate("try", repository, *SLOWLY, "--model", model, "--json", PATH=str(tmp_path))
    assert found.code == 0
    assert found.json["kind"] == "commits"


@pytest.mark.parametrize("command", [("try",), ("eval", "replay")])
def test_places_without_code_are_refused(codekiln, tmp_path, model, command):
    empty, binaries = tmp_path / "empty", tmp_path / "binaries"
    empty.mkdir()
    binaries.mkdir()
    (binaries / "image.png").write_bytes(bytes(range(256)) * 9)
    where = ["--work", tmp_path / "work"] if command[0] == "eval" else []
    for folder, words in (
        (tmp_path / "missing", "There is no folder"),
        (empty, "is empty"),
        (binaries, "holds no code"),
        (binaries / "image.png", "is a file"),
    ):
        assert_refused(codekiln(*command, folder, "--model", model, *where), 2, words)
        told = codekiln(*command, folder, "--model", model, *where, "--json")
        assert_refused_as_json(told, 2, "SourceError", words)


def test_a_replay_is_an_artifact_and_is_found_again(codekiln, repository, given, replayed):
    facts = replayed["statistics"]
    assert (facts["evaluation"], facts["seed"], facts["recipe"]) == ("replay", 0, "tiny")
    assert facts["histories"] == {"project": "commits"}
    rows = {(row["stratum"], row["system"]): row for row in facts["table"]}
    assert rows["all added lines", "index"]["items"] == 5
    assert set(rows["new lines", "model"]["figures"]) == {
        "exact lines",
        "exact",
        "similarity",
        "completed",
        "keys saved",
    }
    again = codekiln("eval", "replay", repository, *given)
    assert again.code == 0
    assert replayed["artifact"] in again.out.replace("\n", "")
    commit(repository, 5000, {"more.py": FIRST})
    more = codekiln("eval", "replay", repository, *given, "--json").json
    assert more["artifact"] != replayed["artifact"]


def test_repositories_that_are_newer_than_the_model_are_a_stratum(codekiln, repository, given):
    for date, strata in (("1970-01-01", True), ("1970-01-02", False)):
        found = codekiln("eval", "replay", repository, *given, "--model-date", date, "--json").json
        known = {row["stratum"] for row in found["statistics"]["table"]}
        assert ("newer than the model" in known) is strata


def test_nobody_knows_when_versions_began(codekiln, tmp_path, given):
    for version, text in {"old": FIRST, "new": SECOND}.items():
        (tmp_path / version).mkdir()
        (tmp_path / version / "module.py").write_text(text)
    asked = ["--from", tmp_path / "old", "--model-date", "2024-11-01"]
    found = codekiln("eval", "replay", tmp_path / "new", *asked, *given)
    assert_refused(found, 2, "Nobody knows when new began", "leave --model-date out")


def test_two_versions_are_replayed(codekiln, tmp_path, given):
    for version, text in {"old": FIRST, "new": SECOND}.items():
        (tmp_path / version).mkdir()
        (tmp_path / version / "module.py").write_text(text)
    older = ["--from", tmp_path / "old"]
    found = codekiln("eval", "replay", tmp_path / "new", *older, *given, "--json").json
    assert found["statistics"]["histories"] == {"new": "versions"}
    assert found["statistics"]["table"][0]["items"] == 2
    two = codekiln("eval", "replay", tmp_path / "new", tmp_path / "old", *older, *given)
    assert_refused(two, 2, "give one source")


def test_a_figure_that_only_some_systems_have_is_shown():
    pairs = {"copy": {"pass@1": (0.0, 1.0)}, "model": {"pass@1": (0.5, 1.0), "pass@5": (1.0, 1.0)}}
    rows = table([Item(name, "one", "one", ("all",), found) for name, found in pairs.items()])
    shown = io.StringIO()
    Console(file=shown, width=200).print(results_table("bugs", rows))
    (line,) = [line for line in shown.getvalue().splitlines() if "pass@5" in line]
    assert "–" in line.split("pass@5")[1].split("1.000")[0]


def test_systems_are_chosen(codekiln, repository, given):
    chosen = ["--system", "retrieved", "--system", "open file", "--lines", "2"]
    found = codekiln("eval", "replay", repository, *given, *chosen, "--json").json
    rows = found["statistics"]["table"]
    assert {row["system"] for row in rows} == {"retrieved", "open file"}
    assert rows[0]["items"] == 2
    wrong = codekiln("eval", "replay", repository, *given, "--system", "bert")
    assert_refused(wrong, 2, "no system 'bert'")


def test_systems_of_one_replay_are_compared(codekiln, replayed):
    path = replayed["artifact"]
    found = codekiln(
        "eval", "compare", path, path, "--first", "index", "--second", "model", "--json"
    )
    rows = found.json["comparisons"]
    assert {row["figure"] for row in rows} >= {"exact lines", "keys saved"}
    assert all(row["items"] == 5 for row in rows if row["stratum"] == "all added lines")
    shown = codekiln("eval", "compare", path, path, "--first", "index", "--second", "index")
    assert shown.code == 0
    assert "1.000 (1.000–1.000)" in shown.out
    assert found.json["items"] == {"both": 5, "first": 0, "second": 0}
    assert "left out" not in shown.out


def test_items_that_only_one_has_are_told(codekiln, repository, given, replayed):
    less = codekiln("eval", "replay", repository, *given, "--lines", "2", "--json").json
    asked = ("eval", "compare", replayed["artifact"], less["artifact"])
    asked = (*asked, "--first", "index", "--second", "index")
    assert codekiln(*asked, "--json").json["items"] == {"both": 2, "first": 3, "second": 0}
    shown = codekiln(*asked).out
    assert "2 items are in both and compared; 3 that only the first has" in shown


def test_a_comparison_needs_results_and_a_system(codekiln, replayed, model):
    path = replayed["artifact"]
    assert_refused(codekiln("eval", "compare", path, path), 2, "2 systems", "model, index")
    wrong = codekiln("eval", "compare", model, path, "--second", "index")
    assert_refused(wrong, 1, "an artifact of 'model', but 'results'")
