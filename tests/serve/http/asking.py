"""A server of ours without a network, whose model says what a test wants; and one that never ends."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event

from fastapi.testclient import TestClient

from codekiln.generate import Completer, CompletionChunk, CompletionRequest
from codekiln.serve.assistant import Assistant
from codekiln.serve.events import Events
from codekiln.serve.http import Settings, create_app
from fakes import FakeCompleter, tiny_tokenizer

ADDRESS = "http://127.0.0.1:8012"
SAID = "first + second"
BEFORE, BEHIND = "def add(first, second):\n    return ", "\n\n\nprint(add(1, 2))\n"


@dataclass
class Endless:
    """Writes on until it is cancelled, or for `pieces` pieces; then it has `left`."""

    pieces: int = 10**9
    pause: float = 0.002
    begun: Event = field(default_factory=Event)
    left: Event = field(default_factory=Event)

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        try:
            for _ in range(self.pieces):
                if request.cancelled and request.cancelled.is_set():
                    yield CompletionChunk("", (), (), "cancelled", 1)
                    return
                self.begun.set()
                time.sleep(self.pause)
                yield CompletionChunk("x", (1,), (-1.0,), None, 1)
            yield CompletionChunk("", (), (), "end", 1)
        finally:
            self.left.set()


def assistant(completer: Completer, **more: object) -> Assistant:
    return Assistant(completer, name="small", tokenizer=tiny_tokenizer(), **more)


@contextmanager
def asking(
    pieces: Sequence[str] = (SAID,),
    *,
    completer: Completer | None = None,
    settings: Settings | None = None,
    events: Events | None = None,
    address: str = ADDRESS,
    **more: object,
) -> Iterator[tuple[TestClient, FakeCompleter]]:
    """A client, and what its requests reach."""
    completer = completer or FakeCompleter(pieces)
    app = create_app(assistant(completer, **more), settings or Settings(), events or Events(None))
    with TestClient(app, base_url=address, raise_server_exceptions=False) as client:
        yield client, completer
