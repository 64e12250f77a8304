"""`codekiln try`: what it finds on a repository whose lines the index must know."""

import pytest

from codekiln.apps.trial import try_folder
from codekiln.errors import SourceError
from codekiln.evaluate.replay.systems import System
from fakes import FakeCompleter
from histories import FIRST, commit, small_repository
from model_artifacts import model_artifact


@pytest.fixture
def repository(tmp_path):
    return small_repository(tmp_path / "project")


def standing():
    """A clock for tests that are not about time."""
    return 0.0


@pytest.fixture
def model(tmp_path):
    return model_artifact(tmp_path / "work").path


def test_a_repository_is_tried(repository, model):
    found = try_folder(repository, model, clock=standing)
    assert (found.repository, found.kind, found.lines) == ("project", "commits", 5)
    assert (found.commits, found.added) == (3, 5)
    assert found.indexed_files == 2
    assert {row.system for row in found.rows} == {"model", "index"}
    assert found.row("model").items == found.row("index").items == 5
    assert found.gain.paired.difference.value == pytest.approx(
        found.row("index").figures["exact lines"].value
        - found.row("model").figures["exact lines"].value
    )


@pytest.fixture
def saying(monkeypatch):
    """Have systems always say the same thing, by their names."""

    def set_up(**said):
        def fake(name, *_):
            return System(name, FakeCompleter([said[name]]), 100)

        monkeypatch.setattr("codekiln.apps.trial.system", fake)

    return set_up


def test_what_the_index_knows_is_told_with_its_place(repository, model, saying):
    copied = "    return items[0]\n"
    text = f"def copied(items):\n{copied}"
    commit(repository, 5000, {"copy.py": text})
    commit(repository, 6000, {"copy.py": f"{text}\n\ndef more(items):\n{copied}"})
    saying(model="pass", index=copied.strip())
    found = try_folder(repository, model, commits=1, clock=standing)
    (exact,) = found.exact
    assert (exact.path, exact.line, exact.text) == ("copy.py", 6, "return items[0]")
    assert exact.by == ("index",)
    assert (exact.source.origin.path, exact.source.line) == ("copy.py", 2)
    assert found.row("index").figures["exact lines"].value == 0.5
    assert found.row("model").figures["exact lines"].value == 0
    assert not found.is_better  # two lines prove nothing


def test_a_gain_that_is_no_chance_is_said_to_be_one(repository, model, saying):
    commit(
        repository,
        5000,
        {f"file{n}.py": f"def f():\n    return {n}\n    pass\n" for n in range(20)},
    )
    saying(model="return 1", index="pass")
    found = try_folder(repository, model, commits=1, clock=standing)
    assert found.row("index").figures["exact lines"].value == pytest.approx(1 / 3)
    assert found.is_better
    saying(model="pass", index="return 1")
    assert not try_folder(repository, model, commits=1, clock=standing).is_better


def test_time_is_kept(repository, model, saying):
    commit(repository, 5000, {f"file{n}.py": f"value_{n} = {n}\n{FIRST}" for n in range(60)})
    saying(model="pass", index="pass")
    now = [0.0]

    def clock():
        now[0] += 0.1  # each look at it takes so long
        return now[0]

    found = try_folder(repository, model, seconds=20, clock=clock)
    assert 0 < found.lines < 150
    assert found.added == 185
    assert 17 < found.seconds < 20


def test_without_time_for_a_line_it_says_so(repository, model):
    times = iter([0.0, 0.0, *[100.0] * 1000])
    with pytest.raises(SourceError, match="give it more"):
        try_folder(repository, model, seconds=10, clock=lambda: next(times))
