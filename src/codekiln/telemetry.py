"""Events of a running job, and its metrics on disk. Nothing is drawn and nothing is sent here.

A job reports through `progress`; whoever wants to see it (the command line draws bars) listens with
`listening`. With no listener the calls cost next to nothing, so training runs on a bare machine.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened in a task: it began (`done == start`), moved on, or ended."""

    task: str
    done: float
    total: float | None
    unit: str
    finished: bool = False
    figures: dict[str, float | str] = field(default_factory=dict)


Listener = Callable[[Event], None]
_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call `listener` with every event of this context until the block ends."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)


class Progress:
    """How far one task has come, in its own unit."""

    def __init__(self, task: str, total: float | None, unit: str, start: float) -> None:
        self._task, self._total, self._unit, self._done = task, total, unit, start
        self._figures: dict[str, float | str] = {}

    def advance(self, by: float = 1, /, **figures: float | str) -> None:
        """Move on by `by` units; `figures` (a loss, a rate) replace those of the same name."""
        self._done += by
        self._figures.update(figures)
        self._emit()

    def _emit(self, *, finished: bool = False) -> None:
        event = Event(
            self._task, self._done, self._total, self._unit, finished, dict(self._figures)
        )
        for listener in _listeners.get():
            listener(event)


@contextmanager
def progress(
    task: str, total: float | None = None, unit: str = "", start: float = 0
) -> Iterator[Progress]:
    """Announce a task of `total` units, of which `start` were done by an earlier run."""
    state = Progress(task, total, unit, start)
    state._emit()
    try:
        yield state
    finally:
        state._emit(finished=True)


class Metrics:
    """An append-only JSONL file, one object a row; a resumed run cuts it back to where it resumes."""

    def __init__(self, path: Path, *, keep: Callable[[dict[str, Any]], bool]) -> None:
        """Open `path`, keeping only the whole rows for which `keep` is true."""
        rows = [row for row in read_metrics(path) if keep(row)] if path.exists() else []
        beside = path.with_name(path.name + ".tmp")
        beside.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        beside.replace(path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, row: dict[str, Any]) -> None:
        """Append one row and hand it to the operating system."""
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file; the rows stay."""
        self._file.close()


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """All whole rows of a metrics file; one cut short by a kill, or damaged, is left out."""
    rows: list[dict[str, Any]] = []
    for line in path.read_bytes().splitlines(keepends=True):
        with suppress(ValueError):
            if line.endswith(b"\n"):
                rows.append(json.loads(line))
    return rows
