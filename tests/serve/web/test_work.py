"""The trainings and corpora of a work folder, as their pages are told of them."""

import json
import threading

import pytest

from codekiln.artifact import open_artifact
from codekiln.corpus import Rejection, rejected
from codekiln.errors import MissingExtraError, UsageError
from codekiln.serve.web import corpora
from codekiln.serve.web.corpora import corpus_as_json, corpus_names, find_rejected
from codekiln.serve.web.runs import run_as_json, run_names
from fakes import build_corpus
from pipeline.test_corpus_report import HOSTILE, LONG
from pipeline.test_runs_page import ROWS, write

UNASKED = threading.Event()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    code = {
        "first.py": LONG,
        "second.py": LONG + HOSTILE,
        "third.py": f"# the quagga\n{HOSTILE * 2}" + "def (:\n" * 20,
        "fourth.py": "x = 1\n",
        "fifth.py": "\0",
    }
    return build_corpus(tmp_path_factory.mktemp("corpus"), code)


def found(corpus, words="", reason=""):
    return find_rejected(corpus, words, reason, UNASKED)


def test_a_corpus_is_told_by_its_own_figures(corpus):
    work = corpus.path.parents[1]
    assert corpus_names(work) == [corpus.path.name]
    told = corpus_as_json(open_artifact(corpus.path))
    assert told["seen"] == told["kept"] + sum(told["rejected"].values()) + told["quarantined"]
    assert told["funnel"] == corpus.statistics["funnel"]
    assert told["name"] == "c"


def test_all_that_was_left_out_is_found_and_what_is_asked_for_alone(corpus):
    files = list(rejected(corpus))
    assert len(files) >= 3
    assert found(corpus)["count"] == len(files)
    for reason in {one.reason for one in files}:
        same = found(corpus, reason=reason)
        assert same["count"] == sum(one.reason == reason for one in files)
        assert {one["reason"] for one in same["files"]} == {reason}
    (only,) = found(corpus, "QUAGGA third")["files"]
    assert only["path"].endswith("third.py")
    assert HOSTILE in only["head"]
    assert found(corpus, "quagga okapi") == {"count": 0, "complete": True, "files": []}


def test_a_file_is_found_by_the_path_that_is_shown_and_by_that_of_a_report(corpus, monkeypatch):
    one = Rejection("wheels", "requests-2.0", "src/api.py", "python", 9, "minified", "", "")
    monkeypatch.setattr("codekiln.corpus.rejected", lambda _: [one])
    (shown,) = found(corpus, "requests-2.0/src/api.py")["files"]
    assert shown["path"] == "requests-2.0/src/api.py"
    assert found(corpus, "wheels/src/api.py")["count"] == 1
    assert found(corpus, "wheels/requests-2.0")["count"] == 0


def test_a_search_that_ran_out_of_time_says_so(corpus, monkeypatch):
    assert found(corpus)["complete"]
    monkeypatch.setattr(corpora, "SECONDS", -1.0)
    assert found(corpus) == {"count": 0, "complete": False, "files": []}


def test_nobody_is_answered_who_left(corpus):
    gone = threading.Event()
    gone.set()
    assert find_rejected(corpus, "", "", gone)["count"] == 0


def test_without_the_extra_the_line_that_installs_it_is_told(corpus, monkeypatch):
    def missing(_):
        raise MissingExtraError("corpus", "Reading a corpus")

    monkeypatch.setattr("codekiln.corpus.rejected", missing)
    assert "pip install 'codekiln[corpus]'" in found(corpus)["missing"]


@pytest.mark.parametrize("name", ["..", "../model", "nothing", ""])
def test_nothing_but_corpora_and_trainings_of_the_folder_is_opened(corpus, name):
    work = corpus.path.parents[1]
    with pytest.raises(UsageError, match="reload"):
        corpora._opened(work, name)
    with pytest.raises(UsageError, match="reload"):
        run_as_json(work, name)
    assert corpora._opened(work, corpus.path.name).fingerprint == corpus.fingerprint


def test_a_run_at_work_is_told_by_its_metrics(tmp_path):
    write(tmp_path / "model" / "small-1.partial", ROWS)
    (tmp_path / "model" / "pulled").mkdir()
    assert run_names(tmp_path) == ["small-1.partial"]
    told = run_as_json(tmp_path, "small-1.partial")
    assert (told["name"], told["finished"]) == ("small-1", False)
    assert told["curves"]["held_out_loss"] == [
        (row["tokens"], row["held_out_loss"]) for row in ROWS if "held_out_loss" in row
    ]
    assert [x for x, _ in told["curves"]["loss"]] == [row["tokens"] for row in ROWS]
    assert all(rate == 1.0 for _, rate in told["curves"]["rate_scale"])
    assert dict(told["curves"]["speed"]).popitem()[1] == pytest.approx(2000)
    assert told["samples"][-1]["step"] == 25
    json.dumps(told, allow_nan=False)


def test_a_run_before_its_first_step_says_so(tmp_path):
    folder = tmp_path / "model" / "small-1.partial"
    folder.mkdir(parents=True)
    (folder / "metrics.jsonl").write_text("")
    with pytest.raises(UsageError, match="wait for the first step"):
        run_as_json(tmp_path, "small-1.partial")
