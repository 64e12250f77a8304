"""The two consoles, and progress bars drawn from the events of a job. Bars go to stderr."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from codekiln.telemetry import Event, listening

output = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout; ASCII alone, so that it is the same whatever the encoding is."""
    sys.stdout.write(json.dumps(value) + "\n")


@contextmanager
def progress_bars() -> Iterator[None]:
    """Draw the job in this block; where stderr is no terminal, a line for each finished task."""
    if errors.is_terminal:
        with _bars() as bars, listening(_Drawer(bars)):
            yield
    else:
        with listening(_Log()):
            yield


def printable(text: str) -> str:
    """Foreign text without what could steer a terminal (escape sequences, bells, odd directions)."""
    spaced = text.expandtabs(4)
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in spaced)


def amount(number: float, unit: str) -> str:
    """A number with its unit, bytes in MB.

    >>> amount(2_500_000, "bytes"), amount(12, "files"), amount(1234567, "tokens")
    ('2.5 MB', '12 files', '1,234,567 tokens')
    """
    if unit == "bytes":
        return f"{number / 1e6:.1f} MB"
    return f"{number:,.0f} {unit}".rstrip()


class _Amounts(ProgressColumn):
    """Done, total and rate."""

    def render(self, task: Task) -> Text:
        unit = task.fields["unit"]
        done = amount(task.completed, unit)
        if task.total:
            done = f"{amount(task.completed, unit).split(' ')[0]}/{amount(task.total, unit)}"
        rate = task.finished_speed or task.speed
        speed = f"  {_rate(rate, unit)}" if rate else ""
        return Text(done + speed, style="cyan")


def _rate(rate: float, unit: str) -> str:
    if unit != "bytes" and rate < 10:
        return f"{rate:.1f} {unit}/s"
    return f"{amount(rate, unit)}/s"


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description:<14}"),
        BarColumn(bar_width=24),
        _Amounts(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}", style="magenta"),
        console=errors,
        speed_estimate_period=20,
    )


class _Drawer:
    """Moves one bar a task."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._known: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        if event.task not in self._known:
            self._known[event.task] = self._bars.add_task(
                event.task, total=event.total, unit=event.unit, figures=""
            )
        total = event.done if event.finished and event.total is None else event.total
        self._bars.update(
            self._known[event.task],
            completed=event.done,
            total=total,
            figures=_figures(event),
        )


class _Log:
    """One line when a task ends."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        began = self._began.setdefault(event.task, time.monotonic())
        if event.finished:
            took = time.monotonic() - began
            line = f"{event.task}: {amount(event.done, event.unit)} in {took:.1f} s"
            errors.print(f"{line} {_figures(event)}".rstrip(), markup=False, soft_wrap=True)


def _figures(event: Event) -> str:
    return " ".join(f"{name.replace('_', ' ')} {value}" for name, value in event.figures.items())
