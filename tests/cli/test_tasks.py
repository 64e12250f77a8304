"""`codekiln tasks`: build, show, rows and report, in text and as JSON; and what each refuses."""

import json

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.errors import SandboxError
from codekiln.sandbox import Sandbox
from codekiln.sandbox.sandbox import REMEDY, UNSAFE

MODULE = '''def scaled_{n}(value: int, factor: int = 2) -> int:
    """Scale a value of [bold]kind[/] {n} by a factor."""
    if value < 0:
        return 0
    return value * factor + {n}
'''
LEAST = (
    "tasks.bugs=6",
    "tasks.completions=12",
    "tasks.implementations=8",
    "corpus.near_duplicates=1.0",
)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    root = tmp_path_factory.mktemp("code")
    for n in range(6):
        path = root / "code" / f"package{n}" / "module.py"
        path.parent.mkdir(parents=True)
        path.write_text(MODULE.format(n=n))
    path = root / "recipe.toml"
    sources = json.dumps([f"own:{root / 'code'}"])
    path.write_text(
        f"name = 'mine'\n[corpus]\nsources = {sources}\nheld_out = 0.3\n[later]\nx = 1\n"
    )
    return path


@pytest.fixture
def build(codekiln, recipe):
    settings = [part for setting in LEAST for part in ("--set", setting)]
    work = recipe.parent / "work"
    return lambda *more: codekiln("tasks", "build", recipe, "--work", work, *settings, *more)


@pytest.fixture
def tasks(build):
    return build("--json").json["artifact"]


def test_build_tells_the_figures_what_is_missing_and_the_next_step(build, tasks):
    result = build()
    assert result.code == 0, result.err
    for words in ("completion", "implement", "fix", "python", "No history was read"):
        assert words in result.out
    for command in ("show", "report", "rows"):
        assert f"codekiln tasks {command} {tasks}" in result.out
    assert f"codekiln tune {tasks} --from MODEL" in result.out
    figures = build("--json").json["statistics"]
    assert figures["train"]["examples"] > figures["held_out"]["examples"] > 0
    assert figures["train"]["tasks"]["fix"]["languages"] == {"python": pytest.approx(4, abs=3)}


def test_show_picks_examples(codekiln, tasks):
    result = codekiln("tasks", "show", tasks, "--task", "fix", "--limit", "1")
    assert result.code == 0, result.err
    assert "fix, " in result.out
    assert "│ -" in result.out
    (example,) = codekiln(
        "tasks", "show", tasks, "--task", "implement", "--limit", "1", "--json"
    ).json["examples"]
    assert example["target"].startswith("    if value < 0:\n")
    assert "[bold]kind[/]" in codekiln("tasks", "show", tasks, "--task", "implement").out
    assert "There is no such example" in codekiln("tasks", "show", tasks, "--kind", "nothing").out


def test_rows_are_written(codekiln, tasks, tmp_path):
    result = codekiln(
        "tasks", "rows", tasks, "--length", "256", "--out", tmp_path / "rows", "--json"
    )
    assert result.json["train"]["rows"] > 0
    for split in ("train", "held_out"):
        lines = (tmp_path / "rows" / f"{split}.jsonl").read_text().splitlines()
        assert len(lines) == result.json[split]["rows"]
    said = codekiln("tasks", "rows", tasks, "--length", "256", "--out", tmp_path / "rows")
    assert "train.jsonl" in said.out
    assert f"codekiln tune {tmp_path / 'rows'} --from MODEL" in said.out
    one = codekiln("tasks", "rows", tasks, "--task", "fix", "--out", tmp_path / "fix", "--json")
    assert 0 < one.json["train"]["rows"] < result.json["train"]["rows"]


def test_report_is_written(codekiln, tasks, tmp_path):
    out = tmp_path / "page.html"
    assert codekiln("tasks", "report", tasks, "--out", out, "--json").json == {"report": str(out)}
    assert codekiln("tasks", "report", tasks, "--out", out).out.strip() == out.as_uri()


def test_without_a_sandbox_no_bug_is_put_in_and_the_rest_can_be_had(build, monkeypatch):
    def nowhere():
        raise SandboxError(f"No sandbox works here (none): {REMEDY}, or {UNSAFE}.")

    monkeypatch.setattr(Sandbox, "find", nowhere)
    refused = build("--set", "tasks.seed=1")
    assert_refused(refused, 1, "No sandbox works here", "bubblewrap, or set tasks.bugs=0")
    assert "--unsafe" not in refused.err
    assert build("--set", "tasks.seed=1", "--set", "tasks.bugs=0").code == 0


def test_refusals(codekiln, build, recipe, tasks, tmp_path):
    assert_refused(codekiln("tasks", "build", tmp_path / "no.toml"), 2, "There is no recipe")
    assert_refused_as_json(
        build("--set", "tasks.bug_languages=['css']", "--json"),
        2,
        "UsageError",
        "Nothing here compiles css",
    )
    assert_refused(build("--set", "tasks.bug=1"), 2, "did you mean 'bugs'?")
    assert_refused(codekiln("tasks", "show", tmp_path), 1, "is no artifact")
    corpus = next((recipe.parent / "work" / "corpus").glob("mine-*[!k]"))
    assert_refused(codekiln("tasks", "report", corpus), 1, "is an artifact of 'corpus'")
    assert_refused(codekiln("tasks", "show", corpus), 1, "holds no examples of tasks")
    assert_refused(
        codekiln("tasks", "report", tasks, "--out", tmp_path / "no" / "page.html"),
        2,
        "cannot be written",
    )
