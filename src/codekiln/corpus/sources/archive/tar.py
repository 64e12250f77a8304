"""The members of a tar stream: POSIX ustar and pax, GNU long names, and the old form before them.

`tarfile` is not used: that of Python 3.11 reads extension headers of any size into memory, takes
quadratic time over some (CVE-2024-6232), and follows sparse maps to any length. Here an extension
is bounded and read once, and whatever is no plain file is named and passed over.

The form is that of POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header", and of
the GNU tar manual, "Basic Tar Format".
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from codekiln.corpus.sources.archive.caps import Caps
from codekiln.corpus.sources.archive.member import Member, clean_time
from codekiln.corpus.sources.archive.stream import (
    CHUNK,
    DamageError,
    Window,
    exactly,
    skip,
    unpacked,
)
from codekiln.corpus.sources.source import UnreadableError

BLOCK = 512
EXTENSION = 1 << 20
_END = bytes(BLOCK)
_FILES, _LINKS, _GNU_SPARSE = b"0\x007", b"12", b"S"
_BODILESS = b"123456"
_DIGITS, _OCTAL = re.compile(rb"[0-9]{1,19}"), re.compile(rb"[0-7]{1,12}")


@dataclass(frozen=True)
class _Header:
    """What comes before a member's content. `size` is that of the content in the stream."""

    name: bytes
    kind: bytes
    size: int
    time: int
    sparse: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether it is one, in today's way or in that from before POSIX."""
        return self.kind == b"5" or (self.kind in _FILES and self.name.endswith(b"/"))

    @property
    def defect(self) -> str:
        if self.kind in _LINKS:
            return "link"
        return "" if self.kind in _FILES and not self.sparse else "not-a-regular-file"


def is_tar(block: bytes) -> bool:
    """Whether a tar can begin with this block: a header whose sum is right, or the end mark."""
    return block == _END or (len(block) == BLOCK and _sum_is_right(block))


def tar_members(stream: BinaryIO, caps: Caps) -> Iterator[Member]:
    """Every file in the order of the stream, which is read to its end.

    Raises:
        DamageError: the tar is cut short or broken; every member before it was given.
    """
    for header in _headers(stream):
        body = _Body(stream, header.size, caps.file)
        if not header.is_folder:
            yield Member(header.name, header.size, body.read, header.defect, header.time)
        body.finish()
    while stream.read(CHUNK):  # the sum over the whole comes last in a compressed file
        pass


def gem_members(stream: BinaryIO, caps: Caps, name: str) -> Iterator[Member]:
    """Every file of a Ruby gem: those of the archive within it, and what lies beside that."""
    for header in _headers(stream):
        if header.name == b"data.tar.gz" and header.kind in _FILES:
            window = io.BufferedReader(Window(stream, header.size))
            yield from tar_members(unpacked(window, caps, name), caps)
            skip(stream, -header.size % BLOCK)
            continue
        body = _Body(stream, header.size, caps.file)
        yield Member(header.name, header.size, body.read, header.defect, header.time)
        body.finish()


class _Body:
    """The content of one member, which is in the stream only once."""

    def __init__(self, stream: BinaryIO, size: int, most: int) -> None:
        self._stream, self._size, self._most, self._left = stream, size, most, size
        self._over = False

    def read(self) -> bytes:
        assert not self._over, "a member is read once, and before the next is drawn"
        if self._size > self._most:
            raise UnreadableError("too-large", f"{self._size} bytes, {self._most} allowed")
        self._over, self._left = True, 0
        try:
            return exactly(self._stream, self._size)
        except DamageError as error:
            raise UnreadableError("archive-cut-short", str(error)) from None

    def finish(self) -> None:
        self._over = True
        skip(self._stream, self._left + -self._size % BLOCK)


def _headers(stream: BinaryIO) -> Iterator[_Header]:
    shared: dict[bytes, bytes] = {}
    own: dict[bytes, bytes] = {}
    while (block := exactly(stream, BLOCK)) != _END:
        header = _parse(block)
        if header.kind == b"g":
            shared |= _records(_extension(stream, header.size))
        elif header.kind in b"xX":
            own |= _records(_extension(stream, header.size))
        elif header.kind == b"L":
            own[b"path"] = _extension(stream, header.size).partition(b"\0")[0]
        elif header.kind == b"K":
            _extension(stream, header.size)
        else:
            if header.kind == _GNU_SPARSE:
                _skip_sparse_map(stream, block)
            yield _extended(header, {**shared, **own})
            own = {}


def _parse(block: bytes) -> _Header:
    if not _sum_is_right(block):
        raise DamageError("a header is broken")
    name, kind = _text(block[:100]), block[156:157]
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500]) + b"/" + name
    size = 0 if kind in _BODILESS else _number(block[124:136])
    if size < 0:
        raise DamageError("a header is broken")
    return _Header(name, kind, size, clean_time(_number(block[136:148])))


def _sum_is_right(block: bytes) -> bool:
    found = _OCTAL.search(block, 148, 156)
    return found is not None and int(found[0], 8) == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _extended(header: _Header, records: Mapping[bytes, bytes]) -> _Header:
    if not records:
        return header
    size, time = records.get(b"size", b""), _DIGITS.match(records.get(b"mtime", b""))
    if size and not _DIGITS.fullmatch(size):
        raise DamageError("an extended header is broken")
    return _Header(
        name=records.get(b"GNU.sparse.name") or records.get(b"path") or header.name,
        kind=header.kind,
        size=int(size) if size and header.kind not in _BODILESS else header.size,
        time=clean_time(int(time[0])) if time else header.time,
        sparse=any(key.startswith(b"GNU.sparse.") for key in records),
    )


def _extension(stream: BinaryIO, size: int) -> bytes:
    if size > EXTENSION:
        raise DamageError(f"an extended header has {size} bytes")
    content = exactly(stream, size)
    skip(stream, -size % BLOCK)
    return content


def _records(content: bytes) -> dict[bytes, bytes]:
    """The `LENGTH KEY=VALUE` lines of a pax header."""
    records, start = {}, 0
    while start < len(content):
        space = content.find(b" ", start, start + 20)
        digits = content[start:space] if space > 0 else b""
        end = start + int(digits) if _DIGITS.fullmatch(digits) else 0
        if not space < end <= len(content) or content[end - 1 : end] != b"\n":
            raise DamageError("an extended header is broken")
        key, _, value = content[space + 1 : end - 1].partition(b"=")
        records[key] = value
        start = end
    return records


def _skip_sparse_map(stream: BinaryIO, block: bytes) -> None:
    more = block[482]
    while more:
        more = exactly(stream, BLOCK)[504]


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _number(field: bytes) -> int:
    """Octal digits or, in GNU's way with large and negative numbers, a binary one."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big", signed=field[0] == 0xFF)
    digits = _text(field).strip()
    if digits and not _OCTAL.fullmatch(digits):
        return -1
    return int(digits or b"0", 8)
