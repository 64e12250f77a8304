"""From threads, in which an assistant answers, to the event loop; who hangs up is no longer answered.

A handler gives its work as a function of an event, which is set as soon as nobody waits for the answer:
the client hung up, its time is over, or the server is made to stop.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import StreamingResponse

from codekiln.errors import LateError, OverloadedError
from codekiln.generate import CompletionRequest
from codekiln.serve.assistant import Answer, Assistant
from codekiln.serve.http.settings import Settings
from codekiln.tasks.context import Snippet

T = TypeVar("T")


class HungUpError(Exception):
    """The client no longer waits; nothing that is sent will be read."""


class Replies:
    """The threads in which answers are made. One for each app, as `app.state.replies`."""

    def __init__(self, settings: Settings) -> None:
        self.seconds = settings.answer_seconds
        self._most, self._busy = settings.threads, 0
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="answer")

    @property
    def busy(self) -> int:
        """How many answers are being made, or wait for their turn."""
        return self._busy

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Begin the work in a thread.

        Raises:
            OverloadedError: all threads are busy.
        """
        if self._busy >= self._most:
            raise OverloadedError(f"{self._busy} answers are being made: ask again in a moment.")
        answer = asyncio.wrap_future(self._threads.submit(work))
        self._busy += 1
        answer.add_done_callback(self._left)
        return answer

    def late(self) -> LateError:
        """What is said of an answer that is given up."""
        return LateError(f"The answer took longer than {self.seconds:g} s: ask for fewer tokens.")

    def close(self) -> None:
        """Let no more work begin."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _left(self, _: object) -> None:
        self._busy -= 1


def document_of(request: Request, name: str) -> str:
    """How a document that a client names is told from those of others; empty where it has no name."""
    return f"{request.client.host if request.client else ''}:{name}" if name else ""


async def whole(request: Request, work: Callable[[threading.Event], T]) -> T:
    """What `work` returns, or raises.

    Raises:
        HungUpError: the client is gone.
        LateError: it took too long.
        OverloadedError: too many are answered at once.
    """
    replies: Replies = request.app.state.replies
    cancelled = threading.Event()
    answer = replies.submit(lambda: work(cancelled))
    gone = asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait(
            (answer, gone), timeout=replies.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if answer.done():
            return answer.result()
        if gone.done():
            raise HungUpError
        raise replies.late()
    finally:
        cancelled.set()
        gone.cancel()
        answer.add_done_callback(_heard)


async def suggestion(
    request: Request,
    assistant: Assistant,
    wanted: CompletionRequest,
    document: str = "",
    recent: Sequence[Snippet] = (),
    *,
    client: str,
) -> Answer:
    """What may be shown; raises as `whole` and `Assistant.suggest`."""
    return await whole(
        request,
        lambda cancelled: assistant.suggest(
            replace(wanted, cancelled=cancelled), document, recent, client
        ),
    )


async def streamed(
    request: Request,
    work: Callable[[threading.Event], Iterator[bytes]],
    *,
    media_type: str,
    failed: Callable[[Exception], bytes],
) -> StreamingResponse:
    """A response that sends what `work` yields, each piece at once.

    The first is waited for, so that what is refused still has a status of its own; later the stream ends
    with what `failed` makes of the error. Raises as `whole`.
    """
    pieces: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    cancelled = threading.Event()
    replies: Replies = request.app.state.replies

    def put(piece: bytes | Exception | None) -> None:
        with suppress(RuntimeError):  # the loop is closed, so nobody reads
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

    def write() -> None:
        try:
            for piece in work(cancelled):
                put(piece)
            put(None)
        except Exception as error:
            put(error)

    replies.submit(write)
    gone = asyncio.ensure_future(_hung_up(request))
    gone.add_done_callback(lambda _: cancelled.set())  # also where nobody ever asks for the body
    until = loop.time() + replies.seconds

    async def following() -> bytes | Exception | None:
        taken = asyncio.ensure_future(pieces.get())
        try:
            await asyncio.wait(
                (taken, gone), timeout=until - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
            if taken.done():
                return taken.result()
            if gone.done():
                return HungUpError()
            return replies.late()
        finally:
            taken.cancel()

    async def body(first: bytes | None) -> AsyncIterator[bytes]:
        piece: bytes | Exception | None = first
        try:
            while isinstance(piece, bytes):
                yield piece
                piece = await following()
            if isinstance(piece, Exception) and not isinstance(piece, HungUpError):
                yield failed(piece)
        finally:
            cancelled.set()
            gone.cancel()

    try:
        first = await following()
        if isinstance(first, Exception):
            raise first
    except BaseException:
        cancelled.set()
        gone.cancel()
        raise
    return StreamingResponse(body(first), media_type=media_type)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _heard(answer: asyncio.Future[T]) -> None:
    """An answer that nobody waits for may fail in silence."""
    if not answer.cancelled():
        answer.exception()
