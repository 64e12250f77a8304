"""Who may ask at once: no more than can be answered in time, and of one document only the newest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from codekiln.errors import OverloadedError

CAPACITY = 32  # requests that are answered or wait


class Admission:
    """Lets requests in; an engine answers one at a time, the others wait there for their turn."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        """Let in at most so many."""
        self.capacity = capacity
        self._lock = threading.Lock()
        self._inside: set[threading.Event] = set()
        self._newest: dict[str, threading.Event] = {}

    @property
    def inside(self) -> int:
        """How many are answered or wait."""
        return len(self._inside)

    @contextmanager
    def admitted(
        self, document: str = "", cancelled: threading.Event | None = None
    ) -> Iterator[threading.Event]:
        """A place inside, and what tells that nobody wants the answer any more.

        A request of a `document` cancels the one before it: who types on reads only the last. Without a
        name it stands for itself. The event is `cancelled`, if the caller has one.

        Raises:
            OverloadedError: too many are inside.
        """
        mine = cancelled or threading.Event()
        with self._lock:
            older = self._newest.get(document) if document else None
            if older:
                older.set()
            # One that was cancelled leaves at its next step, so that its place is as good as free.
            waiting = sum(not event.is_set() for event in self._inside)
            if waiting >= self.capacity:
                raise OverloadedError(
                    f"{waiting} requests are being answered or wait: ask again in a moment, or serve many "
                    "with --engine, the address of a server made for that."
                )
            self._inside.add(mine)
            if document:
                self._newest[document] = mine
        try:
            yield mine
        finally:
            with self._lock:
                self._inside.discard(mine)
                if self._newest.get(document) is mine:
                    del self._newest[document]
