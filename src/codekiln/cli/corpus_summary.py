"""What the commands of `codekiln corpus` say on a terminal."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from codekiln.artifact import Artifact
from codekiln.cli.terminal import amount, output, printable
from codekiln.corpus import Copies, Difference, Rejection, Samples, reasons

MOST = 12  # rows of a table before the rest is summed up
LINES = 40  # lines of each file of a pair
HEAD = 12  # lines of a file that was left out


def print_build(artifact: Artifact) -> None:
    """What came in, what stayed and why the rest did not, then what to do next."""
    figures = artifact.statistics
    output.print(
        f"[bold]{figures['seen']:,}[/] files seen, [bold]{figures['kept']:,}[/] kept "
        f"({amount(figures['bytes'], 'bytes')}) in {figures['groups']:,} groups; "
        f"held out: {figures['splits']['held_out']['files']:,} files"
    )
    output.print(_counts("left out", reasons(artifact)))
    for key in ("languages", "licences", "domains"):
        if figures[key]:
            output.print(_sizes(key, figures[key]))
    if figures["redacted"]:
        output.print(_counts("replaced by placeholders", figures["redacted"]))
    output.print("\n[bold]Look at it[/]")
    for command in (
        f"codekiln corpus report {artifact.path}",
        f"codekiln corpus inspect {artifact.path} --reason near-duplicate",
    ):
        output.print(f"  {command}", markup=False, soft_wrap=True, style="cyan")


def print_report(path: Path) -> None:
    """Where the report lies."""
    output.print(path.resolve().as_uri(), markup=False, soft_wrap=True, style="cyan")


def print_reasons(counts: Mapping[str, int]) -> None:
    """How many files each reason took."""
    output.print(_counts("left out", counts))
    output.print("Look at one of them with [cyan]--reason[/].")


def print_samples(found: Samples) -> None:
    """Some files of one reason."""
    output.print(f"[bold]{escape(found.reason)}[/]: {found.count:,} files")
    for rejection in found.rejections:
        _print_rejection(rejection)
    for pair in found.pairs:
        output.print(_side_by_side(pair))


def print_difference(found: Difference) -> None:
    """Counts, then the names."""
    output.print(
        f"[green]{len(found.added):,} added[/], [red]{len(found.removed):,} removed[/], "
        f"[yellow]{len(found.changed):,} changed[/], {found.unchanged:,} unchanged"
    )
    for reason, (old, new) in found.reasons.items():
        output.print(f"  {escape(reason)}: {old:,} → {new:,}")
    for mark, style, keys in (
        ("+", "green", found.added),
        ("-", "red", found.removed),
        ("~", "yellow", found.changed),
    ):
        for source, _, path in keys:
            output.print(
                f"[{style}]{mark} {escape(printable(f'{source}/{path}'))}[/]", soft_wrap=True
            )


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if count:
            table.add_row(escape(name), f"{count:,}")
    return table


def _sizes(title: str, sizes: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False)
    rows = sorted(sizes.items(), key=lambda item: (-item[1]["bytes"], item[0]))
    for name, size in rows[:MOST]:
        table.add_row(escape(name or "?"), f"{size['files']:,}", amount(size["bytes"], "bytes"))
    if rows[MOST:]:
        files = sum(size["files"] for _, size in rows[MOST:])
        total = sum(size["bytes"] for _, size in rows[MOST:])
        table.add_row(f"{len(rows) - MOST} more", f"{files:,}", amount(total, "bytes"))
    return table


def _print_rejection(rejection: Rejection) -> None:
    place, detail = printable(f"{rejection.source}/{rejection.path}"), printable(rejection.detail)
    output.print(f"\n[bold]{escape(place)}[/]  [dim]{escape(detail)}[/]", soft_wrap=True)
    for line in rejection.head.splitlines()[:HEAD]:
        output.print(f"  │ {escape(printable(line))}", style="dim", soft_wrap=True)


def _side_by_side(pair: Copies) -> Table:
    """The lines of both files, those that differ in colour, from the first difference on."""
    table = Table(expand=True)
    for title, document in (("left out", pair.dropped), ("kept", pair.kept)):
        table.add_column(
            f"{title}: {escape(printable(f'{document.source}/{document.path}'))}", ratio=1
        )
    dropped, kept = pair.dropped.content.splitlines(), pair.kept.content.splitlines()
    rows = 0
    for tag, i, j, m, n in difflib.SequenceMatcher(
        None, dropped, kept, autojunk=False
    ).get_opcodes():
        left, right = dropped[i:j], kept[m:n]
        for place in range(max(len(left), len(right))):
            if rows == LINES:
                return table
            rows += 1
            cells = (side[place] if place < len(side) else "" for side in (left, right))
            style = "" if tag == "equal" else "yellow"
            table.add_row(*(Text(printable(cell), style) for cell in cells))
    return table
