"""The page about examples of tasks: how many of what, what became of the rest, and some of each kind."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, write_atomically
from codekiln.errors import UsageError
from codekiln.pipeline.report.corpus import Bar, bars
from codekiln.pipeline.report.page import made, render
from codekiln.tasks.example import TASKS, TaskExample
from codekiln.tasks.fix.patch import Patch, numbered
from codekiln.tasks.reading import examples
from codekiln.tasks.remarks import remarks
from codekiln.tasks.stage import SPLITS

SAMPLES = 2  # of each kind
BEFORE, AFTER = 14, 4  # lines around an answer
AROUND = 5  # lines of code around a patch
TITLES = {"completion": "Completion", "implement": "Implement", "fix": "Fix"}
TABLES = {
    "completion": "Cuts, by what became of them.",
    "implement": "Functions, by what became of them.",
    "bugs": "Programs and mutations, by what became of them.",
    "commits": "Commits, by what became of them.",
}


@dataclass(frozen=True)
class Shown:
    """One example as the page has it; of a fix, `before` is the message and `code` the lines around it."""

    place: str
    split: str
    related: str
    before: str
    code: str
    answer: str
    after: str
    command: str


@dataclass(frozen=True)
class TaskPart:
    """What the page says of one task."""

    title: str
    counts: list[tuple[str, int]]
    kinds: list[Bar]
    languages: list[Bar]
    became: list[tuple[str, list[Bar]]]
    samples: list[tuple[str, list[Shown]]]


def write_tasks_report(tasks: Artifact, path: Path) -> None:
    """Write the page.

    Raises:
        UsageError: nothing can be written there.
    """
    figures = tasks.statistics
    samples = _samples(tasks)
    content = render(
        "tasks.html",
        name=str(tasks.manifest["name"]),
        figures=_headline(figures),
        remarks=remarks(figures),
        parts=[_part(task, figures, samples[task]) for task in TASKS],
        made=made("tasks", tasks),
    )
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give another place with --out."
        ) from None


def _headline(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    became = _summed(figures[split]["became"].get("bugs", {}) for split in SPLITS)
    tried = sum(became.get(name, 0) for name in ("bug verified", "bug not noticed", "killed"))
    languages = _summed(
        tables["languages"] for split in SPLITS for tables in figures[split]["tasks"].values()
    )
    return [
        ("examples to learn from", f"{figures['train']['examples']:,}"),
        ("held out, of other repositories", f"{figures['held_out']['examples']:,}"),
        ("languages", f"{len(languages):,}"),
        ("bugs seen to fail, of those put in", f"{became.get('bug verified', 0):,} of {tried:,}"),
    ]


def _part(task: str, figures: Mapping[str, Any], samples: dict[str, list[Shown]]) -> TaskPart:
    tables = [figures[split]["tasks"].get(task, {}) for split in SPLITS]
    names = ("bugs", "commits") if task == "fix" else (task,)
    became = (
        (name, _summed(figures[split]["became"].get(name, {}) for split in SPLITS))
        for name in names
    )
    return TaskPart(
        title=TITLES[task],
        counts=[
            (split.replace("_", " "), sum(each.get("kinds", {}).values()))
            for split, each in zip(SPLITS, tables, strict=True)
        ],
        kinds=bars(_summed(each.get("kinds", {}) for each in tables)),
        languages=bars(_summed(each.get("languages", {}) for each in tables)),
        became=[(TABLES[name], bars(counts)) for name, counts in became if counts],
        samples=sorted(samples.items()),
    )


def _samples(tasks: Artifact) -> dict[str, dict[str, list[Shown]]]:
    """The first examples of each kind, of different files."""
    found: dict[str, dict[str, list[Shown]]] = {task: defaultdict(list) for task in TASKS}
    for split in SPLITS:
        for example in examples(tasks, split):
            shown = found[example.task][example.kind]
            item = _shown(example, split)
            if len(shown) < SAMPLES and all(other.place != item.place for other in shown):
                shown.append(item)
    return found


def _shown(example: TaskExample, split: str) -> Shown:
    origin = example.origin
    before, code = "".join(example.prefix.splitlines(keepends=True)[-BEFORE:]), ""
    if example.task == "fix":
        touched = Patch.parse(example.target).lines
        before = example.message
        code = numbered(example.code, range(touched.start - AROUND, touched.stop + AROUND))
    return Shown(
        place=f"{origin.repository}/{origin.path}",
        split=split.replace("_", " "),
        related=example.related,
        before=before,
        code=code,
        answer=example.target,
        after="".join(example.suffix.splitlines(keepends=True)[:AFTER]),
        command=" ".join(example.trial.get("command", ())),
    )


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))
