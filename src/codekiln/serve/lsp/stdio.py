"""From a stream of bytes to messages (LSP 3.18, "Base Protocol"), and the loop that hands them on.

Whatever comes, the reading goes on: what cannot be a message is told to be none.
"""

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

LARGEST = 64 << 20  # bytes of a message; the largest source file that is read has 10 MB
HEADER = 1 << 12  # bytes in which a header has to end
_SLICE = 1 << 16
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,15})[ \t]*(?:\r\n|\Z)", re.IGNORECASE)

Read = Callable[[int], bytes]
"""At most so many bytes, at least one; none at the end."""


class Receiver(Protocol):
    """Who is given the messages."""

    stopped: asyncio.Event

    def receive(self, body: bytes | None) -> None:
        """A message's body; None for what is none."""


def messages(read: Read) -> Iterator[bytes | None]:
    """The bodies; None for a header without a length, and for a body that is too large."""
    stream = _Stream(read)
    while True:
        header = stream.until(_END)
        if header is None:
            return
        found = _LENGTH.findall(header)
        length = (
            int(found[-1]) if found else -1
        )  # in front of the last may be the rest of a bad one
        if 0 <= length <= LARGEST:
            body = stream.take(length)
            if body is None:
                return
            yield body
        else:
            stream.skip(max(length, 0))
            yield None


async def converse(read: Read, receiver: Receiver) -> None:
    """Hand on what is read until the stream ends or the receiver has stopped.

    A thread reads, so that a message is seen while others are worked on. It is left behind waiting
    where the receiver stops first.
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Queue[tuple[bytes | None] | None]()

    def listen() -> None:
        try:
            for body in messages(read):
                loop.call_soon_threadsafe(arrived.put_nowait, (body,))
        finally:  # also where reading fails
            loop.call_soon_threadsafe(arrived.put_nowait, None)

    threading.Thread(target=listen, name="stdin", daemon=True).start()
    stopping = asyncio.create_task(receiver.stopped.wait())
    while not stopping.done():
        coming = asyncio.create_task(arrived.get())
        await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done() or coming.result() is None:
            coming.cancel()
            break
        (body,) = coming.result() or (None,)
        receiver.receive(body)
    stopping.cancel()


class _Stream:
    """Bytes as they come, kept until they are taken."""

    def __init__(self, read: Read) -> None:
        self._read, self._kept = read, bytearray()

    def until(self, end: bytes) -> bytes | None:
        """What stands in front of `end`, of a stream of rubbish the last of it; None at the end."""
        while (place := self._kept.find(end)) < 0:
            del self._kept[:-HEADER]
            if not self._fill():
                return None
        return self._cut(place + len(end))

    def take(self, length: int) -> bytes | None:
        while len(self._kept) < length:
            if not self._fill():
                return None
        return self._cut(length)

    def skip(self, length: int) -> None:
        while length > len(self._kept):
            length -= len(self._kept)
            self._kept.clear()
            if not self._fill():
                return
        del self._kept[:length]

    def _cut(self, length: int) -> bytes:
        taken = bytes(self._kept[:length])
        del self._kept[:length]
        return taken

    def _fill(self) -> bool:
        new = self._read(_SLICE)
        self._kept += new
        return bool(new)
