"""What the commands of `codekiln tasks` say on a terminal."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from codekiln.artifact import Artifact
from codekiln.cli.terminal import output, printable
from codekiln.tasks.example import TASKS, TaskExample
from codekiln.tasks.fix.patch import numbered
from codekiln.tasks.remarks import remarks
from codekiln.tasks.stage import SPLITS

BEFORE, AFTER = 12, 4  # lines shown around an answer
CODE = 30  # lines of code to fix


def print_build(artifact: Artifact) -> None:
    """How many examples of what, why not more, then what to do next."""
    figures = artifact.statistics
    table = Table("task", *(split.replace("_", " ") for split in SPLITS), "languages", "kinds")
    for task in TASKS:
        each = [figures[split]["tasks"].get(task, {}) for split in SPLITS]
        counts = [f"{sum(tables.get('kinds', {}).values()):,}" for tables in each]
        languages, kinds = (_names(each, key) for key in ("languages", "kinds"))
        table.add_row(task, *counts, languages, kinds)
    output.print(table)
    for remark in remarks(figures):
        output.print(f"[yellow]![/] {escape(remark)}", soft_wrap=True)
    output.print("\n[bold]Look at it[/]")
    for command in ("tasks show", "tasks report"):
        _print_command(f"{command} {artifact.path}")
    output.print("[bold]Tune on it[/], on all or on the rows of one task")
    _print_command(f"tune {artifact.path} --from MODEL")
    _print_command(f"tasks rows {artifact.path} --model MODEL --task implement")


def print_examples(found: Sequence[TaskExample]) -> None:
    """Each example as a person reads it."""
    for example in found:
        origin = example.origin
        title = f"{example.task}, {example.kind}: {origin.repository}/{origin.path}"
        output.print(f"[bold]{escape(printable(title))}[/]", soft_wrap=True)
        if example.task == "fix":
            code = numbered(example.code).splitlines(keepends=True)
            _print(example.message, "yellow")
            _print("".join(code[:CODE]) + "…\n" * (len(code) > CODE), "dim")
        else:
            _print(example.related, "blue")
            _print("".join(example.prefix.splitlines(keepends=True)[-BEFORE:]), "dim")
        _print(example.target, "green")
        _print("".join(example.suffix.splitlines(keepends=True)[:AFTER]), "dim")
    if not found:
        output.print("There is no such example: leave out an option, or see 'tasks report'.")


def print_rows(folder: Path, counts: Mapping[str, Mapping[str, int]]) -> None:
    """What was written, and what was too long."""
    for split, each in counts.items():
        output.print(
            f"{split}.jsonl: [bold]{each['rows']:,}[/] examples, {each['target tokens']:,} tokens to learn "
            f"from; {each['too long']:,} were too long",
            soft_wrap=True,
        )
    output.print("[bold]Tune on them[/]")
    _print_command(f"tune {folder} --from MODEL")


def print_report(path: Path) -> None:
    """Where the report lies."""
    output.print(path.resolve().as_uri(), markup=False, soft_wrap=True, style="cyan")


def _print_command(command: str) -> None:
    output.print(f"  codekiln {command}", markup=False, soft_wrap=True, style="cyan")


def _print(text: str, style: str) -> None:
    for line in printable(text).removesuffix("\n").split("\n") if text else ():
        output.print(f"  │ {escape(line)}", style=style, soft_wrap=True)


def _names(tables: Sequence[Mapping[str, Mapping[str, int]]], key: str) -> str:
    names = dict.fromkeys(name for each in tables for name in each.get(key, {}))
    shown = list(names)[:6]
    return ", ".join(shown) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
