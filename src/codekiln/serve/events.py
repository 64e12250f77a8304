"""What became of suggestions: lines of JSON in the work folder, which never leave this machine.

Kept are numbers, times and names of languages; no code, no path. `codekiln stats` reads and deletes them.
"""

import json
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from codekiln.artifact import open_work
from codekiln.errors import CodekilnError
from codekiln.serve.assistant import Answer

LARGEST = 8 << 20  # bytes of a file; then a new one begins, and the one before the last goes
REMEMBERED = 1000  # suggestions whose size is known when their editor says what became of them

Kind = Literal["suggested", "shown", "accepted", "dismissed"]


@dataclass(frozen=True)
class Event:
    """What happened to a suggestion: when (Unix time), which, of how many characters.

    `suggested` knows how long it took, by which client's format and in which language it was asked for.
    """

    kind: Kind
    time: float
    suggestion: str
    characters: int | None = None
    milliseconds: float | None = None
    client: str = ""
    language: str = ""


class Events:
    """Notes events, from any thread; what cannot be written is said once and does not stop anybody."""

    def __init__(self, work: Path | None) -> None:
        """Keep them in a work folder; None keeps nothing."""
        self._work = work
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()
        self._failed = False

    def suggested(self, answer: Answer) -> None:
        """A suggestion was given out; one without text is nothing to anybody."""
        text = answer.suggestion.text
        if self._work is None or not text:
            return
        with self._lock:
            self._known[answer.id] = text
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._write(
            Event(
                "suggested",
                time.time(),
                answer.id,
                len(text),
                round(answer.milliseconds, 1),
                answer.client,
                answer.language,
            )
        )

    def told(self, kind: Kind, suggestion: str, *, first_line: bool = False) -> None:
        """Its editor says what became of it; of an accepted one perhaps only the first line was."""
        text = self._known.get(suggestion)
        kept = text.split("\n", 1)[0] if text is not None and first_line else text
        self._write(Event(kind, time.time(), suggestion, None if kept is None else len(kept)))

    def _write(self, event: Event) -> None:
        if self._work is None:
            return
        line = json.dumps(
            {key: value for key, value in asdict(event).items() if value not in (None, "")}
        )
        try:
            with self._lock:
                _append(self._work, f"{line}\n".encode())
        except (OSError, CodekilnError) as error:
            if not self._failed:
                logging.getLogger(__name__).warning("Events are not kept: %s", error)
            self._failed = True


def read_events(work: Path) -> Iterator[Event]:
    """Those that were kept, the oldest first; a line that was cut off is passed over."""
    for path in _files(work):
        if not path.exists():
            continue
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield Event(**json.loads(line))
                except (ValueError, TypeError):
                    continue


def delete_events(work: Path) -> None:
    """Delete all that was kept."""
    for path in _files(work):
        path.unlink(missing_ok=True)


def _files(work: Path) -> tuple[Path, Path]:
    return work / "live" / "events.1.jsonl", work / "live" / "events.jsonl"


def _append(work: Path, line: bytes) -> None:
    """One write, which several processes may do at once; the file is its owner's alone."""
    older, path = _files(work)
    if not path.parent.exists():
        open_work(work)
        path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line)
        written = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    # Another process may have begun a new one meanwhile, which must not take the old one's place.
    if written.st_size > LARGEST and os.path.samestat(written, path.stat()):
        path.replace(older)
