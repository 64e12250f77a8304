"""The content of a compressed file, drawn in order, counted against the caps and never kept."""

import bz2
import gzip
import io
import lzma
import zlib
from typing import Any, BinaryIO, Protocol

from codekiln.corpus.sources.archive.caps import Caps

CHUNK = 1 << 18
_DAMAGE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


class DamageError(Exception):
    """From here on a stream is cut short or broken; what was drawn before it was as it should be."""


class _Unpacker(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class _Meter(io.RawIOBase):
    """Unpacks, and compares at each step what came out with what went in."""

    def __init__(self, packed: BinaryIO, unpacker: _Unpacker, caps: Caps, name: str) -> None:
        self._packed, self._unpacker, self._caps, self._name = packed, unpacker, caps, name
        self._drawn = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            chunk = self._unpacker.read1(min(len(buffer), CHUNK))
            packed = self._packed.tell()
        except _DAMAGE as error:
            raise DamageError(str(error)) from None
        self._drawn += len(chunk)
        self._caps.check(self._name, self._drawn, packed)
        buffer[: len(chunk)] = chunk
        return len(chunk)


class Window(io.RawIOBase):
    """The next bytes of a stream as a file of their own: an archive inside an archive."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        """Begin where the stream stands and end `size` bytes further on."""
        self._stream, self._size, self._left = stream, size, size

    def readable(self) -> bool:
        """It is all that it can do."""
        return True

    def tell(self) -> int:
        """How many of the bytes were drawn."""
        return self._size - self._left

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer as far as the window reaches."""
        chunk = self._stream.read(min(len(buffer), self._left))
        self._left -= len(chunk)
        buffer[: len(chunk)] = chunk
        return len(chunk)


def unpacked(packed: "io.BufferedReader[Any]", caps: Caps, name: str) -> io.BufferedReader:
    """The content of a gz, bz2, xz, zst or plain file, known by its first bytes.

    What it gives raises `DamageError` where the file is cut short or broken, and `SourceError`
    where it breaks a cap.
    """
    head = packed.peek(6)
    unpacker: _Unpacker = packed
    if head.startswith(b"\x1f\x8b"):
        unpacker = gzip.GzipFile(fileobj=packed)
    elif head.startswith(b"BZh"):
        unpacker = bz2.BZ2File(packed)
    elif head.startswith(b"\xfd7zXZ\0"):
        unpacker = lzma.LZMAFile(packed)  # noqa: SIM115 - whoever opened `packed` closes it
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa  # here, because folders are read without the extra `corpus`

        unpacker = pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), "zstd")
    return io.BufferedReader(_Meter(packed, unpacker, caps, name), CHUNK)


def exactly(stream: BinaryIO, size: int) -> bytes:
    """That many bytes.

    Raises:
        DamageError: the stream ends before.
    """
    content = stream.read(size)
    if len(content) < size:
        raise DamageError(f"it ends {size - len(content)} bytes too early")
    return content


def skip(stream: BinaryIO, size: int) -> None:
    """Pass over that many bytes.

    Raises:
        DamageError: the stream ends before.
    """
    for start in range(0, size, CHUNK):
        exactly(stream, min(CHUNK, size - start))
