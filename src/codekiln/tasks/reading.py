"""Reading an artifact of tasks: its examples, and rows of ids for one base as JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path

from codekiln.artifact import Artifact
from codekiln.corpus import Split
from codekiln.corpus.collect.shards import read_table
from codekiln.errors import ArtifactError
from codekiln.tasks.example import Task, TaskExample
from codekiln.tasks.rows import row_of
from codekiln.tasks.stage import EXAMPLES, SPLITS
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer


def examples(
    artifact: Artifact, split: Split, task: str = "", kind: str = "", language: str = ""
) -> Iterator[TaskExample]:
    """The examples of one split, all or those of a task, a kind, a language.

    Raises:
        ArtifactError: the artifact is none of tasks, or damaged.
    """
    if artifact.stage != "tasks":
        raise ArtifactError(
            f"{artifact.path} holds no examples of tasks: give what 'tasks build' printed."
        )
    wanted = {"task": task, "kind": kind, "language": language}
    for path in artifact.files(f"{EXAMPLES}{split}-"):
        for row in read_table(path).to_pylist():
            if all(row[name] == value for name, value in wanted.items() if value):
                yield TaskExample.of(row)


def write_rows(
    artifact: Artifact, tokenizer: Tokenizer, length: int, folder: Path, task: Task | None = None
) -> dict[str, dict[str, int]]:
    """Write `train.jsonl` and `held_out.jsonl`: `{"context": ids, "target": ids, "group": repository}`.

    Of all tasks or of one. Of each split, how many examples became rows of at most `length` ids and how
    many were too long.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, dict[str, int]] = {
        split: {"rows": 0, "too long": 0, "target tokens": 0} for split in SPLITS
    }
    total = sum(
        sum(tables["kinds"].values())
        for split in SPLITS
        for name, tables in artifact.statistics[split]["tasks"].items()
        if task in (None, name)
    )
    with progress("rows", total, "examples") as shown:
        for split in SPLITS:
            with (folder / f"{split}.jsonl").open("w", encoding="utf-8") as file:
                for example in examples(artifact, split, task or ""):
                    row = row_of(tokenizer, example, length)
                    counts[split]["rows" if row else "too long"] += 1
                    if row:
                        entries = {**row._asdict(), "group": example.origin.repository}
                        counts[split]["target tokens"] += len(row.target)
                        file.write(json.dumps(entries) + "\n")
                    shown.advance()
    return counts
