"""What processes hold that no folder lists: files deleted while in use, and memory that several may share.

Both stay for as long as one process has them open or has mapped a page of them, resident or not. As an
ordinary user we learn of what is mapped no more than the part that is.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from codekiln.sandbox.processes import threads

DELETED = b" (deleted)"
MEMORY = (
    b"/dev/zero",
    b"/memfd:",
    b"/SYSV",
    b"/anon_hugepage",
)  # what the kernel calls it in `maps`


def shared_memory(pids: Iterable[int]) -> int:
    """Bytes of memory that is nobody's own, each part counted once."""
    return _mapped(pids, lambda name: name.startswith(MEMORY))


def deleted_files(pids: Iterable[int]) -> int:
    """Bytes on disk of files without a name, each counted once unless both open and mapped."""
    pids = list(pids)
    opened = {inode: size for pid in pids for inode, size in _opened(pid)}
    return sum(opened.values()) + _mapped(pids, lambda name: not name.startswith(MEMORY))


def _opened(pid: int) -> Iterator[tuple[int, int]]:
    """Threads may have descriptors of their own."""
    for thread in threads(pid):
        with suppress(OSError), os.scandir(f"/proc/{thread}/fd") as entries:
            for entry in entries:
                with suppress(OSError):
                    found = entry.stat()
                    if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                        yield found.st_ino, 512 * found.st_blocks


def _mapped(pids: Iterable[int], wanted: Callable[[bytes], bool]) -> int:
    sizes: dict[bytes, int] = {}
    for pid in pids:
        for thread, span, offset, inode, name in _mappings(pid):
            if wanted(name):
                first, last = (int(end, 16) for end in span.split(b"-"))
                size = _allocated(thread, first, last)
                seen = last - first + int(offset, 16) if size is None else size
                sizes[inode] = max(sizes.get(inode, 0), seen)
    return sum(sizes.values())


def _mappings(pid: int) -> Iterator[tuple[int, bytes, bytes, bytes, bytes]]:
    """Of what has no name: a thread, addresses, offset, inode and what the kernel calls it.

    All threads of a process map the same; one that has ended, were it the first, tells nothing.
    """
    for thread in threads(pid):
        maps = b""
        with suppress(OSError):
            maps = Path(f"/proc/{thread}/maps").read_bytes()
        for line in maps.splitlines() if DELETED in maps else ():
            if line.endswith(DELETED):
                span, _, offset, _, inode, name = line.split(maxsplit=5)
                yield thread, span, offset, inode, name
        if maps:
            return


def _allocated(thread: int, first: int, last: int) -> int | None:
    """Bytes of all that a mapping is part of; None where root alone is told."""
    try:
        return 512 * Path(f"/proc/{thread}/map_files/{first:x}-{last:x}").stat().st_blocks
    except OSError:
        return None
