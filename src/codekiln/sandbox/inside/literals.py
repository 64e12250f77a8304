"""Values as bytes, and back: plain data alone, so that nothing of a sender's runs at the receiver's.

Not pickle and not marshal, which trust their input. Each value is a tag, and then its content or a count
of values. A subclass of a plain type is sent as that type; anything else as the name of its type.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

DEEPEST = 100
LONGEST = 1 << 24  # bytes of a message


class NoLiteralError(Exception):
    """A message is cut off, too long, too deep or no message at all."""


class Opaque:
    """What was no plain data where it came from. It equals nothing, not even itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<a value of type {self.name}>"

    def __eq__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def encode(value: object, depth: int = 0) -> bytes:
    """Bytes of a value. What is nested too deep, itself for instance, becomes opaque."""
    for tag, single in _SINGLE.items():
        if value is single:
            return tag
    if isinstance(value, int):
        number = int.__index__(value)
        return _sized(b"i", number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))
    if isinstance(value, float):
        return b"f" + struct.pack(">d", value)
    if isinstance(value, complex):
        return b"c" + struct.pack(">dd", value.real, value.imag)
    if isinstance(value, str):
        return _sized(b"s", str.encode(value, errors="surrogatepass"))
    if isinstance(value, bytes | bytearray):
        return _sized(b"b" if isinstance(value, bytes) else b"B", bytes(value))
    if isinstance(value, range):
        return b"r" + b"".join(map(encode, (value.start, value.stop, value.step)))
    for tag, kind in _COLLECTIONS.items():
        if isinstance(value, kind) and depth < DEEPEST:
            items = kind.__iter__(value)
            if isinstance(value, dict):
                items = (part for pair in dict.items(value) for part in pair)
            parts = [encode(item, depth + 1) for item in items]
            return tag + struct.pack(">I", len(parts)) + b"".join(parts)
    return _sized(b"o", type(value).__qualname__.encode(errors="replace"))


def _sized(tag: bytes, content: bytes) -> bytes:
    return tag + struct.pack(">I", len(content)) + content


def decode(message: bytes) -> object:
    """The value of a message.

    Raises:
        NoLiteralError: it is none.
    """
    reader = _Reader(message)
    try:
        value = reader.value(0)
    except (struct.error, TypeError, ValueError, KeyError) as error:
        raise NoLiteralError(str(error)) from None
    if reader.place != len(message):
        raise NoLiteralError("more than one value")
    return value


class _Reader:
    """One message, read from its start."""

    def __init__(self, message: bytes) -> None:
        self.message, self.place = message, 0

    def value(self, depth: int) -> object:
        """The value that stands here."""
        if depth > DEEPEST + 1:
            raise NoLiteralError("too deep")
        tag = self._take(1)
        if tag in _SINGLE:
            return _SINGLE[tag]
        if tag in _CONTENT:
            return _CONTENT[tag](self._take(self._count()))
        if tag == b"f":
            return struct.unpack(">d", self._take(8))[0]
        if tag == b"c":
            return complex(*struct.unpack(">dd", self._take(16)))
        if tag == b"r":
            bounds: Any = [self.value(depth + 1) for _ in range(3)]
            return range(*bounds)
        kind = _COLLECTIONS[tag]
        items = [self.value(depth + 1) for _ in range(self._count())]
        return dict(zip(items[::2], items[1::2], strict=True)) if kind is dict else kind(items)

    def _count(self) -> int:
        count: int = struct.unpack(">I", self._take(4))[0]
        return count

    def _take(self, size: int) -> bytes:
        if self.place + size > len(self.message):
            raise NoLiteralError("cut off")
        self.place += size
        return self.message[self.place - size : self.place]


_SINGLE = {b"N": None, b"T": True, b"F": False, b"E": ...}
_COLLECTIONS = {b"l": list, b"t": tuple, b"d": dict, b"S": set, b"z": frozenset}
_CONTENT: dict[bytes, Callable[[bytes], object]] = {
    b"i": lambda content: int.from_bytes(content, "big", signed=True),
    b"s": lambda content: content.decode(errors="surrogatepass"),
    b"b": bytes,
    b"B": bytearray,
    b"o": lambda content: Opaque(content.decode(errors="replace")),
}


def send(sink: BinaryIO, value: object) -> None:
    """Write one message."""
    message = encode(value)
    sink.write(struct.pack(">I", len(message)) + message)
    sink.flush()


def receive(source: BinaryIO) -> object:
    """Read one message.

    Raises:
        NoLiteralError: the other side has ended, or sent something else.
    """
    head = source.read(4)
    size = struct.unpack(">I", head)[0] if len(head) == 4 else 0
    if not 0 < size <= LONGEST:
        raise NoLiteralError("no message")
    return decode(source.read(size))
