"""The page about tasks: well-formed, self-contained, true to the examples, safe with any text."""

import pyarrow as pa
import pytest

from codekiln.artifact import Stage, produce
from codekiln.corpus.collect.shards import write_table
from codekiln.errors import UsageError
from codekiln.pipeline.report.tasks import write_tasks_report
from codekiln.tasks.example import Origin, TaskExample
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.stage import EXAMPLES
from codekiln.tasks.table import SCHEMA
from pages import Page

HOSTILE = "x = '</script><script>alert(1)</script>' & \"<b>\"  # </pre>\u202e\n"
CODE = "".join(f"line_{n} = {n}\n" for n in range(40)) + HOSTILE
ORIGIN = Origin("s", "repo", "<img src=x onerror=alert(1)>.py", "MIT", "python")
FOUND = [
    TaskExample(
        "completion", "line", ORIGIN, "answer", prefix=HOSTILE, suffix=HOSTILE, related=HOSTILE
    ),
    TaskExample("implement", "google", ORIGIN, HOSTILE, prefix=HOSTILE),
    TaskExample(
        "fix",
        "off-by-one",
        ORIGIN,
        Patch.between(CODE, CODE.replace("= 20", "= 21")).text,
        message=HOSTILE,
        code=CODE,
        trial={"file": "a", "command": ["python3", "t.py"], "files": {}},
    ),
]
FIGURES = {
    "train": {
        "examples": 3,
        "tasks": {
            example.task: {"kinds": {example.kind: 1}, "languages": {"python": 1}}
            for example in FOUND
        },
        "became": {"bugs": {"bug verified": 1, "bug not noticed": 2, "example": 1}},
    },
    "held_out": {"examples": 0, "tasks": {}, "became": {}},
}


@pytest.fixture
def tasks(tmp_path):
    def build(config, inputs, out):
        table = pa.Table.from_pylist([example.plain() for example in FOUND], SCHEMA)
        write_table(out / f"{EXAMPLES}train-00000.parquet", table)
        return FIGURES

    return produce(Stage("tasks", 1, build), {}, {}, tmp_path, "<mine>")


@pytest.fixture
def page(tasks, tmp_path):
    write_tasks_report(tasks, tmp_path / "page.html")
    return Page((tmp_path / "page.html").read_text(encoding="utf-8"))


def test_it_holds_the_figures_and_samples(page):
    for words in ("1 of 3", "off-by-one", "google", "bug not noticed", "python3 t.py", "answer"):
        assert words in page.text
    assert "+21|line_20 = 21" in page.text
    assert "25|line_24 = 24" in page.text
    assert "line_30" not in page.text
    assert page.headings[0] == 1
    assert 1 not in page.headings[1:]
    assert len(page.ids) == len(set(page.ids))


def test_it_loads_nothing_and_runs_nothing(page):
    assert not page.links
    assert not {"script", "img", "b", "iframe"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name[:2] == "on"]
    assert "\u202e" not in page.text
    assert "onerror=alert(1)" in page.text  # shown, not done


def test_a_place_that_cannot_be_written_is_told(tasks, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_tasks_report(tasks, tmp_path / "no" / "page.html")
