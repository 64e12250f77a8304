"""Several trainings on one page: true to their metrics, well-formed, safe, whatever steps lack a loss."""

import json
import re

import pytest

from codekiln.artifact import Stage, produce
from codekiln.errors import ArtifactError, MissingExtraError, UsageError
from codekiln.pipeline.report import charts
from codekiln.pipeline.report.curves import CURVES, curves, style_of
from codekiln.pipeline.report.runs import read_run, told_apart, write_runs_page, written
from pages import Page

HOSTILE = "</pre><script>alert(1)</script><|endoftext|> & é"
STATISTICS = {"parameters": 31_991_296, "share_of_peak": 0.27, "memory_bytes": 6_100_000_000}


def row(step, **changes):
    plain = {
        "step": step,
        "loss": 5 - 0.02 * step,
        "gradient_norm": 1 / step,
        "rate_scale": 1.0,
        "tokens": 1000 * step,
        "seconds": 0.5 * step,
    }
    held_out = {"held_out_loss": 6 - 0.02 * step} if step % 25 == 0 else {}
    return plain | held_out | changes


def write(folder, rows):
    folder.mkdir(parents=True, exist_ok=True)
    sample = {"step": 25, "prompt": "def f(" + HOSTILE, "text": "x):" + HOSTILE}
    (folder / "metrics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (folder / "samples.jsonl").write_text(json.dumps(sample) + "\n")


ROWS = [row(step) for step in range(1, 101)]
BROKEN = [
    row(step, loss=None, gradient_norm=None, skipped=step) if step in (1, 2, 50, 75) else row(step)
    for step in range(1, 76)
]
BROKEN[24]["held_out_loss"] = float("nan")


@pytest.fixture
def finished(tmp_path):
    build = lambda config, inputs, out: write(out, ROWS) or STATISTICS  # noqa: E731
    return produce(Stage("model", 1, build), {}, {}, tmp_path / "work", "whole").path


@pytest.fixture
def partial(tmp_path):
    path = tmp_path / "work" / "model" / "broken-12345678.partial"
    write(path, BROKEN)
    return path


@pytest.fixture
def html(finished, partial, tmp_path):
    write_runs_page([read_run(finished), read_run(partial)], tmp_path / "runs.html")
    return (tmp_path / "runs.html").read_text(encoding="utf-8")


def test_figures_are_those_of_the_metrics(finished, partial):
    whole, broken = read_run(finished).figures, read_run(partial).figures
    assert (whole.tokens, whole.loss, whole.held_out_loss) == (100_000, 3.0, 4.0)
    assert (whole.tokens_per_second, whole.skipped_steps) == (2000, 0)
    assert (whole.parameters, whole.share_of_peak) == (31_991_296, 0.27)
    assert (broken.tokens, broken.loss) == (75_000, pytest.approx(5 - 0.02 * 74))
    assert (broken.held_out_loss, broken.skipped_steps) == (4.5, 75)
    assert broken.parameters is None
    assert list(written(whole).values()) == [
        *("32.0 M", "100,000", "3.000", "4.000", "2,000", "27.0%", "6.1 GB", "0")
    ]
    assert written(broken)["memory"] == "–"


def test_the_page_is_well_formed_and_loads_nothing(html):
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert "<script" not in html
    assert page.text.count("def f(" + HOSTILE) == page.text.count("x):" + HOSTILE) == 2
    for words in ("broken-12345678 still training", "32.0 M", "100,000", "4.500", "Held-out loss"):
        assert words in " ".join(page.text.split())
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert len(labels) == len(CURVES)
    assert any("broken-12345678 from 4.94 to 3.52" in label for label in labels)


def test_every_run_has_a_colour_of_the_page(html):
    used = set(re.findall(r"var\(--(run-\d)\)", html))
    assert used == {"run-0", "run-1"}
    light, dark = html.split("prefers-color-scheme: dark")[-2:]
    assert "--run-7:" in light
    assert "--run-7:" in dark
    assert not re.findall(r"#0000\d\d", html)
    assert len({style_of(number) for number in range(24)}) == 24


def test_points_are_where_the_metrics_say():
    loss, held_out, norm, rate, speed = (curve.points(BROKEN) for curve in CURVES)
    assert len(loss) == len(norm) == 71
    assert loss[0] == (3000, row(3)["loss"])
    assert held_out == [(50_000, 5.0), (75_000, 4.5)]
    assert len(rate) == 75
    assert {y for _, y in speed} == {2000.0}
    assert CURVES[-1].points([row(1), row(2, seconds=0.5)]) == []  # the clock stood still


def test_what_no_run_has_measured_is_left_out():
    titles = [title for title, _ in curves([("a", [row(1), row(2)])])]
    assert "Held-out loss" not in titles
    assert "Training loss" in titles
    one_step = curves([("a", [row(1, loss=None, gradient_norm=None)])])
    assert [title for title, _ in one_step] == ["Learning rate"]


def test_runs_of_one_name_are_told_apart(finished, tmp_path):
    write(tmp_path / "elsewhere" / f"{finished.name}.partial", ROWS)
    runs = [read_run(finished), read_run(tmp_path / "elsewhere" / f"{finished.name}.partial")]
    assert [run.name for run in told_apart(runs)] == [str(run.path) for run in runs]
    assert told_apart(runs[:1])[0].name == finished.name


def test_what_is_no_run_is_told(finished, partial, tmp_path):
    with pytest.raises(ArtifactError, match="is no artifact"):
        read_run(tmp_path / "none")
    pulled = produce(Stage("model", 2, lambda *_: {}), {}, {}, tmp_path / "work", "pulled").path
    with pytest.raises(ArtifactError, match="give a model that codekiln trained"):
        read_run(pulled)
    (partial / "metrics.jsonl").write_text("")
    with pytest.raises(ArtifactError, match="wait for the first step"):
        read_run(partial)
    assert read_run(finished).finished


def test_a_place_that_cannot_be_written_is_told(finished, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_runs_page([read_run(finished)], tmp_path / "none" / "runs.html")


def test_without_matplotlib_the_install_line_is_told(finished, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"codekiln\[train\]"):
        write_runs_page([read_run(finished)], tmp_path / "runs.html")


def test_the_report_of_one_run_bears_steps_without_a_loss_too():
    found = charts.loss_charts(BROKEN)
    assert found is not None
    assert found.last_held_out == 4.5
    assert found.last == pytest.approx(sum(row(s)["loss"] for s in (74, 73)) / 2, abs=0.02)
    assert "nan" not in found.by_tokens.lower()
    assert charts.loss_charts([row(1, loss=None)]) is None
