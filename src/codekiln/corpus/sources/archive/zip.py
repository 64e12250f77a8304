"""The members of a zip file, as its central directory lists them.

`zipfile` is not used: one name that is no UTF-8 makes it refuse the whole file, that of Python 3.11
lets members overlap (CVE-2024-0450), and it unpacks bzip2 and LZMA without a bound. Here members are
stored or deflated, as in wheels, jars and packages; what is packed otherwise is named and left.

The form is that of PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

import calendar
import stat
import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import BinaryIO, NamedTuple

from codekiln.corpus.sources.archive.caps import Caps, bomb
from codekiln.corpus.sources.archive.member import PATH_BYTES, Member, clean_time
from codekiln.corpus.sources.source import UnreadableError
from codekiln.errors import SourceError

MAGIC = (b"PK\3\4", b"PK\5\6")
_LOCAL, _ENTRY = struct.Struct("<4s5H3L2H"), struct.Struct("<4s2B5H3L5H2L")
_END, _LONGEST_COMMENT = struct.Struct("<4s4H2LH"), 0xFFFF
_END64, _LOCATOR64 = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
_ZIP64, _ELSEWHERE = 1, 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNIX, _DOS_FOLDER = 3, 0x10


class _Directory(NamedTuple):
    """How many entries the directory has, its bytes, and where it starts."""

    entries: int
    size: int
    start: int


class _Entry(NamedTuple):
    """The fixed part of an entry, field by field (section 4.3.12)."""

    mark: bytes
    version: int
    system: int
    needed: int
    flags: int
    method: int
    clock: int
    date: int
    sum: int
    packed: int
    size: int
    name_size: int
    extra_size: int
    comment_size: int
    disk: int
    internal: int
    external: int
    start: int

    @property
    def mode(self) -> int:
        return self.external >> 16 if self.system == _UNIX else 0

    @property
    def defect(self) -> str:
        if stat.S_ISLNK(self.mode):
            return "link"
        return "" if stat.S_IFMT(self.mode) in (0, stat.S_IFREG) else "not-a-regular-file"

    @property
    def time(self) -> int:
        day, month, year = self.date & 31, self.date >> 5 & 15, 1980 + (self.date >> 9)
        hour, minute, second = self.clock >> 11, self.clock >> 5 & 63, self.clock % 32 * 2
        try:
            changed = datetime(year, month, day, hour, minute, second)
        except ValueError:
            return 0
        return clean_time(calendar.timegm(changed.timetuple()))


def zip_members(file: BinaryIO, caps: Caps, name: str) -> Iterator[Member]:
    """Every file in the order of the directory.

    Raises:
        SourceError: there is no directory to read, or the archive is a bomb.
    """
    try:
        directory = _find_directory(file)
        if directory.entries > caps.members:
            raise bomb(name, f"it lists more than {caps.members} members")
        file.seek(directory.start)
        entries = [_read_entry(file) for _ in range(directory.entries)]
    except (ValueError, struct.error) as error:
        raise SourceError(
            f"The archive {name} is cut short or broken ({error}): download or make it again."
        ) from None
    starts = sorted((entry.start, entry.packed) for entry, _ in entries)
    for (start, packed), (following, _) in pairwise([*starts, (directory.start, 0)]):
        if start + _LOCAL.size + packed > following:
            raise bomb(name, "its members overlap")
    caps.check(name, sum(entry.size for entry, _ in entries), file.seek(0, 2))
    for entry, path in entries:
        if not (path.endswith(b"/") or stat.S_ISDIR(entry.mode) or entry.external & _DOS_FOLDER):
            read = partial(_read, file, entry, caps.file)
            yield Member(path, entry.size, read, entry.defect, entry.time)


def _find_directory(file: BinaryIO) -> _Directory:
    length = file.seek(0, 2)
    base = max(0, length - _END.size - _LONGEST_COMMENT - _LOCATOR64.size)
    file.seek(base)
    tail = file.read(length - base)
    place = tail.rfind(b"PK\5\6")
    if place < 0:
        raise ValueError("its directory is missing")
    _, disk, _, _, *fields, _ = _END.unpack_from(tail, place)
    if tail[max(0, place - _LOCATOR64.size) :].startswith(b"PK\6\7"):
        _, _, end64, _ = _LOCATOR64.unpack_from(tail, place - _LOCATOR64.size)
        file.seek(min(end64, length))
        _, _, _, _, disk, _, _, *fields = _END64.unpack(file.read(_END64.size))
    found = _Directory(*fields)
    if disk or found.start + found.size > base + place or found.entries * _ENTRY.size > found.size:
        raise ValueError("its directory is not where it should be")
    return found


def _read_entry(file: BinaryIO) -> tuple[_Entry, bytes]:
    entry = _Entry._make(_ENTRY.unpack(file.read(_ENTRY.size)))
    if entry.mark != b"PK\1\2":
        raise ValueError("its directory is broken")
    name, extra = file.read(entry.name_size), file.read(entry.extra_size)
    file.seek(entry.comment_size, 1)
    return _with_long_sizes(entry, extra), _utf8(name, entry.flags)[: PATH_BYTES + 1]


def _with_long_sizes(entry: _Entry, extra: bytes) -> _Entry:
    """Sizes over 4 GB are in an extra field (section 4.5.3), those that are needed alone."""
    place = 0
    names = [name for name in ("size", "packed", "start") if getattr(entry, name) == _ELSEWHERE]
    while names and place + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, place)
        if kind == _ZIP64:
            values = struct.unpack_from(f"<{len(names)}Q", extra, place + 4)
            return entry._replace(**dict(zip(names, values, strict=True)))
        place += 4 + size
    return entry


def _utf8(name: bytes, flags: int) -> bytes:
    """A name that does not say so is in code page 437 (appendix D), but often in UTF-8 all the same."""
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return name if flags & _UTF8 else name.decode("cp437").encode()
    return name


def _read(file: BinaryIO, entry: _Entry, most: int) -> bytes:
    if entry.flags & _ENCRYPTED:
        raise UnreadableError("encrypted")
    if entry.size > most:
        raise UnreadableError("too-large", f"{entry.size} bytes, {most} allowed")
    if entry.method not in (_STORED, _DEFLATED):
        raise UnreadableError("unknown-compression", f"method {entry.method}")
    try:
        content = _unpack(file, entry)
    except (OSError, struct.error, zlib.error) as error:
        raise UnreadableError("broken-member", str(error)) from None
    if len(content) != entry.size or zlib.crc32(content) != entry.sum:
        raise UnreadableError("broken-member", "it is not what the directory says")
    return content


def _unpack(file: BinaryIO, entry: _Entry) -> bytes:
    """The content, but never more than a byte too many, whatever the member claims."""
    file.seek(entry.start)
    *_, name_size, extra_size = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(name_size + extra_size, 1)
    packed = file.read(min(entry.packed, 2 * entry.size + _LOCAL.size))
    if entry.method == _STORED:
        return packed
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, entry.size + 1)
