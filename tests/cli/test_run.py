"""`codekiln run` from a folder of code to a report, and again."""

import json
from pathlib import Path

import pytest

STAGES = ["corpus", "tokenizer", "inputs", "model", "index", "evaluation", "report"]


def states(work):
    """Every file with its time of change and size."""
    return {
        path: (path.stat().st_mtime_ns, path.stat().st_size)
        for path in work.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


@pytest.mark.slow
def test_a_run_ends_well_and_tells_the_figures(finished):
    result = finished.result
    assert result.code == 0, result.err
    (statistics,) = finished.work.glob("evaluation/*/evaluation.json")
    bits = json.loads(statistics.read_text())["bits_per_byte"]
    assert 0 < bits["model"] < 8
    for figure in bits.values():
        assert f"{figure:.3f}" in result.out
    (report,) = finished.work.glob("report/*/report.html")
    assert str(report) in result.out
    assert str(finished.model) in result.out
    assert "Traceback" not in result.err


@pytest.mark.slow
def test_nothing_unfinished_is_left(finished):
    assert not list(finished.work.rglob("*.partial"))
    assert not list(finished.work.rglob("*.tmp"))
    folders = {path.name for path in finished.work.iterdir() if path.is_dir()}
    assert folders == {*STAGES, "source"}


@pytest.mark.slow
def test_a_second_run_finds_all_of_it(finished, codekiln):
    before = states(finished.work)
    result = codekiln(*finished.command, "--json")
    assert result.code == 0
    assert states(finished.work) == before
    assert list(result.json["artifacts"]) == STAGES
    assert Path(result.json["artifacts"]["model"]) == finished.model
    assert Path(result.json["report"]).is_file()
    manifest = json.loads((finished.model / "manifest.json").read_text())
    assert result.json["statistics"]["model"] == manifest["statistics"]
    assert len(result.json["completions"]) == 2
    assert "training" not in result.err


@pytest.mark.slow
def test_it_learnt_more_than_nothing(finished, codekiln):
    """Eight bits a byte is what knowing nothing costs; xz is what dictionaries alone reach."""
    figures = codekiln(*finished.command, "--json").json["statistics"]["evaluation"]
    assert figures["bits_per_byte"]["model"] < 5
    assert figures["held_out_bytes"] > 10_000
