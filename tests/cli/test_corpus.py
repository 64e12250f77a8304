"""`codekiln corpus`: build, report, inspect and diff, in text and as JSON; and what each refuses."""

import json
import re

import pytest

from cli.refusals import assert_refused, assert_refused_as_json

LONG = "".join(f"def number_{n}(value):\n    return value + {n}\n\n\n" for n in range(40))
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2
HOSTILE = "odd \x1b[31m[bold]name\u202e.py"


@pytest.fixture
def code(tmp_path):
    root = tmp_path / "code"
    for name, text in {
        "a/first.py": "def first():\n    return 1\n",
        "b/long.py": LONG,
        "c/longer.py": LONG.replace("value + 7", "value - 7"),
        "d/key.py": f"token = '{SECRET}'\n",
    }.items():
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text(text)
    (root / HOSTILE).write_bytes(b"\0\1")
    return root


@pytest.fixture
def recipe(code, tmp_path):
    path = tmp_path / "recipe.toml"
    sources = json.dumps([f"own:{code}"])
    path.write_text(f"name = 'mine'\n[corpus]\nsources = {sources}\n[later]\nsetting = 1\n")
    return path


@pytest.fixture
def build(codekiln, recipe, tmp_path):
    return lambda *more: codekiln("corpus", "build", recipe, "--work", tmp_path / "work", *more)


@pytest.fixture
def corpus(build):
    return build("--json").json["artifact"]


def test_build_tells_the_figures_and_the_next_step(build, tmp_path):
    result = build()
    assert result.code == 0, result.err
    assert "5 files seen, 3 kept" in result.out
    assert re.search(r"near-duplicate\W+1", result.out)
    assert re.search(r"python\W+3", result.out)
    (corpus,) = (tmp_path / "work/corpus").glob("mine-*[!k]")
    assert f"codekiln corpus report {corpus}" in result.out
    assert SECRET not in result.out + result.err


def test_build_as_json_reconciles_and_a_second_one_finds_it(build):
    first = build("--json").json
    figures = first["statistics"]
    assert figures["seen"] == figures["kept"] + sum(figures["rejected"].values()) == 5
    assert build("--json").json == first


def test_settings_of_the_command_line_go_over_the_recipe(build):
    figures = build("--json", "--set", "corpus.near_duplicates=1.0").json["statistics"]
    assert figures["rejected"] == {"binary": 1}


def test_inspect_counts_the_reasons(codekiln, corpus):
    result = codekiln("corpus", "inspect", corpus)
    assert result.code == 0
    assert re.search(r"near-duplicate\W+1", result.out)
    assert codekiln("corpus", "inspect", corpus, "--json").json["reasons"] == {
        "binary": 1,
        "near-duplicate": 1,
    }


def test_inspect_shows_copies_side_by_side(codekiln, corpus):
    result = codekiln("corpus", "inspect", corpus, "--reason", "near-duplicate")
    assert "left out:" in result.out
    assert "kept:" in result.out
    (row,) = [line for line in result.out.splitlines() if "value + 7 " in line]
    assert "value - 7" in row
    (pair,) = codekiln("corpus", "inspect", corpus, "--reason", "near-duplicate", "--json").json[
        "pairs"
    ]
    assert {pair["dropped"]["path"], pair["kept"]["path"]} == {"b/long.py", "c/longer.py"}


def test_inspect_shows_names_that_would_steer_a_terminal_harmlessly(codekiln, corpus):
    result = codekiln("corpus", "inspect", corpus, "--reason", "binary")
    assert "[bold]name" in result.out
    assert "\x1b[31m" not in result.out
    assert "\u202e" not in result.out


def test_diff_names_what_changed(codekiln, build, corpus, code):
    (code / "a/first.py").write_text("def first():\n    return 2\n")
    (code / "d/key.py").unlink()
    (code / "e.py").write_text("new = 1\n")
    other = build("--json").json["artifact"]
    result = codekiln("corpus", "diff", corpus, other)
    assert "1 added, 1 removed, 1 changed, 1 unchanged" in result.out
    assert f"+ own:{code}/e.py" in result.out
    found = codekiln("corpus", "diff", corpus, other, "--json").json
    assert [path for _, _, path in found["removed"]] == ["d/key.py"]


def test_report_is_written_where_it_was_asked_for(codekiln, corpus, tmp_path):
    out = tmp_path / "page.html"
    result = codekiln("corpus", "report", corpus, "--out", out)
    assert result.out.strip() == out.resolve().as_uri()
    assert "near-duplicate" in out.read_text(encoding="utf-8")
    result = codekiln("corpus", "report", corpus, "--out", out, "--json")
    assert result.json == {"report": str(out)}


def test_what_is_no_corpus_is_refused(codekiln, corpus, tmp_path):
    for command in ("report", "inspect"):
        assert_refused(codekiln("corpus", command, tmp_path / "none"), 1, "is no artifact")
    (source,) = (tmp_path / "work/source").glob("*[!k]")
    assert_refused(codekiln("corpus", "inspect", source), 1, "'corpus' is needed here")
    assert_refused(codekiln("corpus", "diff", corpus, source), 1, "'corpus' is needed here")


def test_a_reason_that_is_none_is_refused(codekiln, corpus):
    result = codekiln("corpus", "inspect", corpus, "--reason", "ugly", "--json")
    assert_refused_as_json(result, 2, "UsageError", "binary, near-duplicate")


def test_a_report_that_cannot_be_written_is_told(codekiln, corpus, tmp_path):
    result = codekiln("corpus", "report", corpus, "--out", tmp_path / "no" / "page.html")
    sentence = result.err.splitlines()[-1]
    assert sentence.startswith("codekiln: ")
    assert "cannot be written" in sentence
    assert "--out" in sentence
    assert (result.code, result.out) == (2, "")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("[corpus]\nsources = []\n", ["names no sources"]),
        ("[corpus]\nsources = ['ftp:x']\n", ["ftp"]),
        ("[corpus]\nsources = ['pypi:']\n", ["pypi:"]),
        ("[corpus]\nsources = ['x']\nnear_duplicates = 0.2\n", ["near_duplicates", "0.6 to 1"]),
        (
            "[corpus]\nsources = ['x']\nlanguages = ['pyton']\n",
            ["'pyton'", "did you mean 'python'"],
        ),
        ("[corpus]\nsources = ['x']\nbenchmarks = ['no.jsonl']\n", ["no file no.jsonl"]),
        ("[model]\n", ["lacks 'corpus'"]),
    ],
)
def test_a_recipe_with_a_mistake_is_refused(build, recipe, table, words):
    recipe.write_text(table)
    assert_refused(build(), 2, *words)
