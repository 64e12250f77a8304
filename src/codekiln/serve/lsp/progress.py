"""What is at work, as the client's work-done progress (LSP 3.18, "Server Initiated Progress")."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from codekiln.telemetry import Event

EVERY = 0.1  # seconds


class IndexProgress:
    """Hears a folder's events, on any thread, and shows one bar from the first to the last of a task."""

    def __init__(self, server: LanguageServer, loop: asyncio.AbstractEventLoop, name: str) -> None:
        """`name` is the folder's, as people know it."""
        self._server, self._loop, self._title = server, loop, f"Indexing {name}"
        self._last: Event | None = None
        self._showing: asyncio.Task[None] | None = None

    def __call__(self, event: Event) -> None:
        """One event; where there is nothing to do, or nobody to see it, there is nothing to show."""
        if event.total and _shows(self._server):
            with suppress(RuntimeError):  # the server stops, and its loop is closed
                self._loop.call_soon_threadsafe(self._take, event)

    def _take(self, event: Event) -> None:
        self._last = event
        if not event.finished and (self._showing is None or self._showing.done()):
            self._showing = asyncio.create_task(self._show())

    async def _show(self) -> None:
        bar = self._server.work_done_progress
        token = await _begun(self._server, types.WorkDoneProgressBegin(self._title, percentage=0))
        if token is None:
            return
        while (last := self._last) and not last.finished:
            share, of = last.done / (last.total or 1), f"{last.done:,.0f} of {last.total:,.0f}"
            bar.report(
                token,
                types.WorkDoneProgressReport(
                    message=f"{of} {last.unit}", percentage=min(int(100 * share), 100)
                ),
            )
            await asyncio.sleep(EVERY)
        bar.end(token, types.WorkDoneProgressEnd())


@asynccontextmanager
async def at_work(server: LanguageServer, title: str) -> AsyncIterator[None]:
    """A bar for as long as the block takes, if the client shows any."""
    token = await _begun(server, types.WorkDoneProgressBegin(title)) if _shows(server) else None
    try:
        yield
    finally:
        if token is not None:
            server.work_done_progress.end(token, types.WorkDoneProgressEnd())


def _shows(server: LanguageServer) -> bool:
    window = server.client_capabilities.window
    return bool(window and window.work_done_progress)


async def _begun(server: LanguageServer, begin: types.WorkDoneProgressBegin) -> str | None:
    """The name of a bar that is shown now; None where the client refuses."""
    token, bar = str(uuid.uuid4()), server.work_done_progress
    try:
        await bar.create_async(token)
    except JsonRpcException:
        return None
    bar.begin(token, begin)
    return token
