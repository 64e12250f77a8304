"""What the commands say on a terminal, and the same for `--json`."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from codekiln.artifact import Artifact
from codekiln.cli.terminal import amount, output
from codekiln.pipeline.doctor import Finding
from codekiln.pipeline.inspect import Inspection

if TYPE_CHECKING:
    from codekiln.pipeline.settings import Setting

MEASURES = {
    "model": "this model",
    "five_gram": "5-gram of the same tokens",
    "xz": "xz -9 alone",
    "xz_given_training": "xz -9 given the training bytes",
}
MARKS = {"ok": "[green]✓[/]", "missing": "[red]✗[/]", "warning": "[yellow]![/]"}


def run_as_json(made: Mapping[str, Artifact]) -> dict[str, Any]:
    """Where each artifact is, what each stage counted, and the completions."""
    return {
        "artifacts": {stage: str(artifact.path) for stage, artifact in made.items()},
        "statistics": {stage: artifact.statistics for stage, artifact in made.items()},
        "completions": _completions(made),
        "report": str(made["report"].file("report.html")),
    }


def print_run(made: Mapping[str, Artifact], recipe: Path) -> None:
    """Figures, completions, the report's path, and what to do next."""
    output.print(_figures(made))
    _print_completions(made)
    model = made["model"]
    trained = model.statistics
    output.print(
        f"\n{trained['parameters']:,} parameters, {trained['tokens']:,} tokens "
        f"({trained['epochs']:.2f} epochs) in {trained['seconds']:.0f} s"
    )
    output.print("\n[bold]Look at it[/]")
    _print_command(made["report"].file("report.html").resolve().as_uri())
    output.print("[bold]Complete in a file, after line 10[/]")
    _print_command(
        f"{_program()} complete FILE --line 10 --model {model.path} --index {made['index'].path}"
    )
    output.print("[bold]Do the same on your own folder[/]")
    _print_command(
        f"{_program()} run {recipe} --set 'corpus.sources=[\"own:path/to/your/code\"]' --work work/mine"
    )


def _program() -> str:
    """What to type to run us again: outside an activated environment the bare name is not found."""
    if shutil.which("codekiln"):
        return "codekiln"
    return os.path.relpath(sys.argv[0])


def _print_command(text: str) -> None:
    output.print(f"  {text}", markup=False, soft_wrap=True, style="cyan")


def _figures(made: Mapping[str, Artifact]) -> Table:
    statistics = made["evaluation"].statistics
    held_out = amount(statistics["held_out_bytes"], "bytes")
    table = Table(title=f"Bits per byte on {held_out} of held-out files (less is better)")
    table.add_column("predictor")
    table.add_column("bits per byte", justify="right")
    for name, text in MEASURES.items():
        style = "bold green" if name == "model" else ""
        table.add_row(text, f"{statistics['bits_per_byte'][name]:.3f}", style=style)
    return table


def _print_completions(made: Mapping[str, Artifact]) -> None:
    for sample in _completions(made):
        place = f"{sample['path']}:{sample['line']}:{sample['column']}"
        output.print(f"\n[bold]{escape(place)}[/] of a held-out file")
        before = sample["before"].split("\n")
        for line in before[-4:-1]:
            output.print(f"             │ {escape(line)}", style="dim", soft_wrap=True)
        start = escape(before[-1])
        for who, text, style in (
            ("model     ", sample["completion"], "green"),
            ("with index", sample["indexed"], "green"),
            ("author    ", sample["written"], "blue"),
        ):
            output.print(f"  {who} │ {start}[{style}]{escape(text)}[/]", soft_wrap=True)
        for source in sample["sources"]:
            others = f" and {source['count'] - 1:,} other places" if source["count"] > 1 else ""
            told = (
                f"“{source['text'].strip()}” as in {source['place']} ({source['licence']}){others}"
            )
            output.print(f"  learned from: {escape(told)}", style="dim", soft_wrap=True)


def _completions(made: Mapping[str, Artifact]) -> list[dict[str, Any]]:
    path = made["evaluation"].file("completions.json")
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def print_inspection(found: Inspection) -> None:
    """One artifact as tables."""
    output.print(f"[bold]{escape(found.path)}[/], whole: every file is what was written")
    for title, entries in (
        ("made by", {"stage": found.stage, "fingerprint": found.fingerprint, **found.environment}),
        ("settings", found.config),
        ("inputs", found.inputs),
        ("sources", found.sources),
        ("files", {name: f"{size:,} bytes" for name, size in found.files.items()}),
        ("statistics", found.statistics),
    ):
        if entries:
            output.print(_pairs(title, entries))
    for reason, rows in found.rejections.items():
        output.print(f"rejected: [bold]{escape(reason)}[/], for example")
        for row in rows:
            output.print(f"  {escape(row['path'])}  [dim]{escape(row['detail'])}[/]")


def _pairs(title: str, entries: Mapping[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in entries.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(escape(str(key)), escape(text))
    return table


def print_findings(findings: Sequence[Finding]) -> None:
    """What the doctor found, then each remedy once."""
    table = Table(show_header=False, box=None)
    for finding in findings:
        table.add_row(MARKS[finding.state], escape(finding.name), escape(finding.detail))
    output.print(table)
    remedies = dict.fromkeys(finding.remedy for finding in findings if finding.remedy)
    if remedies:
        output.print("\n[bold]What to do[/]")
        for remedy in remedies:
            _print_command(remedy)


def print_settings(settings: Sequence["Setting"]) -> None:
    """A recipe with every setting at its default."""
    table = ""
    for setting in settings:
        if setting.stage != table:
            table = setting.stage
            output.print(f"\n\\[{table}]", style="bold")
        line = f"{setting.name} = {setting.default}" if setting.default else f"# {setting.name} ="
        output.print(f"{escape(line):<34} [dim]# {escape(setting.help)}[/]", soft_wrap=True)
