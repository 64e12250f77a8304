"""`codekiln report` of runs, on a terminal and as JSON."""

import json

from cli.refusals import assert_refused, assert_refused_as_json


def write(folder, loss):
    folder.mkdir()
    rows = [
        {"step": n, "loss": loss if n % 2 else None, "gradient_norm": 1.0, "rate_scale": 1.0}
        | {"tokens": 1000 * n, "seconds": float(n)}
        for n in range(1, 7)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_it_tells_the_figures_and_writes_the_page(codekiln, tmp_path):
    runs = [write(tmp_path / f"{name}.partial", loss) for name, loss in (("a", 2.5), ("b", 1.5))]
    page = tmp_path / "page.html"
    result = codekiln("report", *runs, "--out", page, "--json")
    assert result.code == 0, result.err
    assert result.json["page"] == str(page)
    assert [run["name"] for run in result.json["runs"]] == ["a", "b"]
    assert [run["loss"] for run in result.json["runs"]] == [2.5, 1.5]
    assert [run["finished"] for run in result.json["runs"]] == [False, False]
    assert "<svg" in page.read_text(encoding="utf-8")
    plain = codekiln("report", *runs, "--out", page)
    assert plain.code == 0
    for words in ("2.500", "1.500", "6,000", page.as_uri()):
        assert words in plain.out


def test_what_is_no_run_is_refused(codekiln, tmp_path):
    assert_refused(codekiln("report"), 2, "--help")
    assert_refused(codekiln("report", tmp_path), 1, "is no artifact")
    run = write(tmp_path / "a.partial", 2.5)
    refused = codekiln("report", run, "--out", tmp_path / "none" / "page.html", "--json")
    assert_refused_as_json(refused, 2, "UsageError", "give another place with --out")
