"""The page: well-formed, self-contained, true to the files it was made from, safe with any code."""

import json
import math
import re
import sys
from itertools import pairwise
from statistics import fmean

import pytest

from codekiln.artifact import Stage, produce
from codekiln.errors import MissingExtraError
from codekiln.pipeline import report
from codekiln.pipeline.report import charts, heatmap, page
from pages import Page

HOSTILE = "x = '</script><script>alert(1)</script>' \"<|endoftext|>\" & </pre></span>"
TOKENS = [
    ("\n", 0.1),
    ("def", 0.4),
    (" f", 3.0),
    ("(", 0.01),
    ("):\n", 1.0),
    ("\treturn", 2.5),
    (" \"</span><script>'", 14.25),
    ("é", 70.0),
    (" <|endoftext|>", 9.0),
    ("\n\n", 0.0),
]
SCORES = {"model": 1.23456, "five_gram": 2.34567, "xz": 1.98765, "xz_given_training": 1.87654}
CORPUS = {
    "seen": 2000,
    "kept": 1200,
    "bytes": 9_876_543,
    "rejected": {"duplicate": 40, "not_code": 700, "too_long_line": 60},
    "languages": {"C": {"files": 4, "bytes": 30}, "Python": {"files": 1196, "bytes": 9_876_513}},
    "groups": 3,
    "splits": {
        "train": {"files": 1130, "bytes": 9_000_000},
        "held_out": {"files": 70, "bytes": 876_543},
    },
}
MODEL = {"parameters": 3_456_789, "tokens": 409_600, "epochs": 0.125, "seconds": 100.0}


def fake(stage, tmp_path, statistics, **files):
    """An artifact of a stage that writes these files; a value that is no text goes in as JSON."""

    def build(config, inputs, out):
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (out / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return statistics

    config = {"fim_rate": 0.5, "note": HOSTILE, "seed": 7}
    return produce(Stage(stage, 1, build), config, {}, tmp_path / "work", "fake")


def metrics(steps):
    """A believable run, with three held-out points."""
    rows = []
    for step in range(1, steps + 1):
        row = {
            "step": step,
            "tokens": step * 8192,
            "seconds": step * 0.75,
            "loss": 2 + 6 * math.exp(-step / 40) + 0.1 * math.sin(step * 12.9),
            "gradient_norm": 1.0,
            "rate_scale": min(1.0, step / 10, (steps - step) / 50),
        }
        if step % max(1, steps // 3) == 0:
            row["held_out_loss"] = row["loss"] + 0.2
        rows.append(json.dumps(row))
    return "".join(row + "\n" for row in rows)


def completion(written, **changes):
    return {
        "path": "pkg/a.py",
        "line": 12,
        "column": 5,
        "before": "".join(f"line_{number} = {number}\n" for number in range(20)) + "    ",
        "completion": f"return {HOSTILE}",
        "indexed": "pass",
        "sources": [{"text": HOSTILE, "count": 3, "place": f"{HOSTILE}.py:7", "licence": "MIT"}],
        "written": written,
        "after": "\n\nlast = 1\n",
        "finish_reason": "stop",
        "mean_logprob": math.log(0.5),
    } | changes


@pytest.fixture
def inputs(tmp_path):
    evaluation = {
        "bits_per_byte": SCORES,
        "held_out_bytes": 876_543,
        "held_out_tokens": 250_000,
        "files": [
            {"path": f"pkg/{n}{HOSTILE}.py", "bytes": 100, "bits_per_byte": n} for n in range(30)
        ],
    }
    heat = {
        "path": f"pkg/{HOSTILE}.py",
        "language": "Python",
        "bits_per_byte": 1.5,
        "tokens": [{"text": text, "bits": bits} for text, bits in TOKENS],
    }
    completions = [completion(f"return {HOSTILE}"), completion("pass", mean_logprob=None)]
    split = {"held_out": ["a#b"], "groups": {"a#b": 876_543, "a#c": 1, "a#d": 2}}
    return {
        "corpus": fake("corpus", tmp_path, CORPUS, split__json=split),
        "tokenizer": fake(
            "tokenizer", tmp_path, {"vocabulary": 4096, "held_out_bytes_per_token": 3.4567}
        ),
        "inputs": fake("inputs", tmp_path, {}),
        "model": fake("model", tmp_path, MODEL, metrics__jsonl=metrics(400)),
        "index": fake("index", tmp_path, {}),
        "evaluation": fake(
            "evaluation",
            tmp_path,
            {},
            evaluation__json=evaluation,
            heatmap__json=heat,
            completions__json=completions,
        ),
    }


@pytest.fixture
def html(inputs, tmp_path):
    artifact = produce(report.STAGE, report.ReportConfig(), inputs, tmp_path / "work", "r")
    content = artifact.file("report.html").read_bytes()
    assert artifact.statistics == {"html": "report.html", "bytes": len(content)}
    return content.decode()


def test_the_page_is_well_formed_and_headings_are_in_order(html):
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    found = Page(html)
    assert len(found.ids) == len(set(found.ids))
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(found.headings))
    labels = {a.get("aria-labelledby") for _, a in found.tags} - {None}
    assert labels <= set(found.ids)


def test_nothing_is_fetched_and_no_script_is_there(html):
    found = Page(html)
    assert all(link.startswith("#") for link in found.links)
    assert {link[1:] for link in found.links} <= set(found.ids)
    assert not {tag for tag, _ in found.tags} & {
        "script",
        "link",
        "img",
        "iframe",
        "base",
        "object",
    }
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    bare = re.sub(r'xmlns(:xlink)?="[^"]*"', "", html)
    assert "http://" not in bare
    assert "https://" not in bare
    assert "@import" not in bare
    references = re.findall(r"url\(#([^)]*)\)", bare)
    assert len(references) == bare.count("url(")
    assert set(references) <= set(found.ids)


def test_hostile_text_stays_text(html):
    assert "<script" not in html
    assert "<|endoftext|>" not in html
    text = Page(html).text
    assert text.count(f"return {HOSTILE}") == 3  # the model's, the author's, the model's again
    assert f"pkg/{HOSTILE}.py" in text
    assert f"{HOSTILE} is as in {HOSTILE}.py:7 (MIT) and 2 other places" in text


def test_the_figures_are_those_of_the_json(html):
    text = Page(html).text
    for value in SCORES.values():
        assert text.count(f"{value:.3f}") >= 2  # in the chart and in the table
    for figure in ("3,456,789", "409,600", "0.125", "1 min 40 s", "4,096", "3.46", "876,543"):
        assert figure in text
    rows = [json.loads(line) for line in metrics(400).splitlines()]
    held_out = [row["held_out_loss"] for row in rows if "held_out_loss" in row]
    assert f"{held_out[-1]:.3f}" in text
    assert "mean of the\n9 steps" in text


def test_the_funnel_adds_up(html):
    text = Page(html).text
    for label in ("− not code", "− too long line", "− duplicate", "seen", "kept", "held out"):
        assert label in text
    bars = charts._funnel(CORPUS)
    assert bars[0][2] == 2000
    # Each rejected share ends where the one before it began, and what is left is what was kept.
    for (_, left, _, _), (_, next_left, next_width, _) in pairwise(bars[1:4]):
        assert next_left + next_width == left
    assert bars[3][1] == CORPUS["kept"]


def test_the_heat_map_has_one_span_a_token_and_spells_the_file(html):
    found = Page(html)
    assert found.heat == [text for text, _ in TOKENS]
    assert found.titles[2] == "3.00 bits, probability 0.125"
    assert found.titles[6].startswith("14.25 bits, probability 1 in 19,484")
    assert found.titles[7].endswith("1 in 2^70")


def test_shades_follow_the_bits():
    file = {"path": "a", "language": "C", "bits_per_byte": 1.0}
    tokens = [{"text": "a", "bits": bits} for bits in (0, 0.49, 0.5, 1, 3.9, 4, 10.9, 11, 500)]
    spans = heatmap.heat_map(file | {"tokens": tokens}).spans
    assert [span.shade for span in spans] == [0, 0, 1, 2, 3, 4, 6, 7, 7]
    assert len(heatmap.legend()) == 8


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tab\tand\nline", "tab\tand\nline"),
        ("naïve 日本 👩\u200d💻", "naïve 日本 👩\u200d💻"),
        ("\r\n\x00\x1b\x7f", "␍\n␀␛␡"),
        ("a\u202eb\u2066c\ufeff", "a⟨U+202E⟩b⟨U+2066⟩c⟨U+FEFF⟩"),
        ("\x85\u2028\ud800", "⟨U+0085⟩⟨U+2028⟩⟨U+D800⟩"),
        ("\ufffd", "\ufffd"),
    ],
)
def test_what_cannot_be_seen_gets_a_stand_in(text, shown):
    assert heatmap.visible(text) == shown
    shown.encode()


def test_a_cut_character_says_so():
    span = heatmap._span("\ufffd", 1.0)
    assert span.hint.endswith("part of a character")
    assert "part" not in heatmap._span("é", 1.0).hint


def test_completions_are_marked_and_cut(html):
    text = Page(html).text
    assert text.count("= the same") == 2  # the first alone, the second with the index
    assert text.count("≠ different") == 2
    assert text.count("pkg/a.py:12:5") == 2
    assert "line_13 = 13\nline_14" in text
    assert "line_12 = 12" not in text
    assert "of 30 files, the 5 at either end" in text
    assert text.count("geometric mean probability of a token 0.50") == 1


def test_settings_and_commands_are_there(html, inputs):
    text = Page(html).text
    for artifact in inputs.values():
        assert artifact.fingerprint in text
    assert f"codekiln complete FILE --line N --model {inputs['model'].path}" in text
    assert """--set 'corpus.sources=["own:path/to/your/code"]' --work work/mine""" in text


def test_the_same_inputs_give_the_same_bytes(html, inputs, tmp_path):
    again = produce(report.STAGE, report.ReportConfig(), inputs, tmp_path / "again", "r")
    assert again.file("report.html").read_text(encoding="utf-8") == html


@pytest.mark.parametrize("steps", [1, 2])
def test_a_run_of_hardly_any_step_is_drawn(steps):
    rows = [json.loads(line) for line in metrics(steps).splitlines()]
    found = charts.loss_charts(rows)
    assert found is not None
    assert found.by_tokens.startswith("<svg role=")


def test_no_metrics_give_a_sentence_instead_of_a_curve(inputs, tmp_path):
    inputs["model"] = fake("model", tmp_path / "other", MODEL, metrics__jsonl="")
    artifact = produce(report.STAGE, report.ReportConfig(), inputs, tmp_path / "work", "r")
    assert "no curve to draw" in Page(artifact.file("report.html").read_text("utf-8")).text


def test_smoothing_is_the_mean_around_each_step():
    values = [float(number % 7) for number in range(40)]
    expected = [fmean(values[max(0, at - 2) : at + 3]) for at in range(40)]
    assert charts.smoothed(values, 5) == pytest.approx(expected)
    assert charts.smoothed(values, 1) == pytest.approx(values)


def test_a_long_run_is_thinned(html):
    long = [json.loads(line) for line in metrics(5000).splitlines()]
    found = charts.loss_charts(long)
    assert found is not None
    assert len(found.by_tokens) < 60_000


def test_without_matplotlib_the_install_line_is_told(inputs, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'codekiln[train]'")):
        produce(report.STAGE, report.ReportConfig(), inputs, tmp_path / "work", "r")


def test_many_files_are_shown_by_their_ends():
    files = [{"path": str(n), "bytes": 1, "bits_per_byte": float(n)} for n in range(30)]
    shown = [file["path"] for file in page.telling_files(files)]
    assert shown == ["0", "1", "2", "3", "4", "25", "26", "27", "28", "29"]
    assert len(page.telling_files(files[:7])) == 7
