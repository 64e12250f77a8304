"""What an answer of a server is held to besides the server's own settings: its extent, a deadline, a caller
who may leave. While a server is silent nobody could ask, so its chunks then come through a thread.
"""

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace

from codekiln.generate.completer import CompletionChunk, CompletionRequest
from codekiln.generate.extents import Extent
from codekiln.generate.interrupt import Interrupt

ASKED_EVERY = 0.02  # seconds

Chunks = Generator[CompletionChunk]


def within(request: CompletionRequest, chunks: Chunks) -> Iterator[CompletionChunk]:
    """The chunks up to the end of the request's extent, its deadline, or until it is cancelled.

    Then `chunks` is closed, and with it the connection: at once, or if the server is silent when it next
    says something.

    Raises:
        UsageError: at once, if the settings contradict each other.
    """
    extent, interrupt = request.extent(), request.interrupt()
    if request.deadline_ms is not None or request.cancelled is not None:
        chunks = _interruptible(chunks, interrupt)
    return _to_extent(extent, chunks)


def _to_extent(extent: Extent, chunks: Chunks) -> Iterator[CompletionChunk]:
    try:
        for chunk in chunks:
            text = extent.feed(chunk.text, final=chunk.finish_reason is not None)
            if extent.ended:
                yield replace(chunk, text=text, finish_reason="stop")
                return
            yield replace(chunk, text=text)
    finally:
        chunks.close()


def _interruptible(chunks: Chunks, interrupt: Interrupt) -> Chunks:
    ready: queue.Queue[CompletionChunk | BaseException] = queue.Queue()
    left = threading.Event()
    threading.Thread(target=_fill, args=(ready, chunks, left), daemon=True).start()
    try:
        while True:
            reason = interrupt.reason()
            if reason:
                yield CompletionChunk("", (), (), reason)
                return
            try:
                chunk = ready.get(timeout=ASKED_EVERY)
            except queue.Empty:
                continue
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk
            if chunk.finish_reason:
                return
    finally:
        left.set()


def _fill(
    ready: "queue.Queue[CompletionChunk | BaseException]", chunks: Chunks, left: threading.Event
) -> None:
    try:
        for chunk in chunks:
            ready.put(chunk)
            if left.is_set():
                break
    except Exception as error:  # is raised where the answer is waited for
        ready.put(error)
    finally:
        chunks.close()
