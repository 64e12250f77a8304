"""What a tree of processes holds, read from /proc; 0 where there is none (macOS has its rlimits)."""

import errno
import math
import os
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
INODE = 1024  # bytes, about, for a file without content


def children(pid: int) -> list[int]:
    """The processes that one has started and not yet waited for."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def tree(root: int) -> list[int]:
    """`root` and all processes below it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            waiting += children(pid)
    return found


def resident(root: int) -> int:
    """Bytes of memory that a tree holds, pages that several share counted for each."""
    total = 0
    for pid in tree(root):
        with suppress(OSError, IndexError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return total


def tasks_of_user() -> int:
    """How many processes and threads this user has, as the limit of processes counts them."""
    user, count = os.getuid(), 0
    with suppress(OSError), os.scandir("/proc") as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.name.isdigit() and entry.stat().st_uid == user:
                    count += sum(1 for _ in Path(f"/proc/{entry.name}/task").iterdir())
    return count


def occupied(folder: Path) -> float:
    """Bytes that the files below a folder take on disk; one that is empty takes some too.

    Endless where nobody can count: folders nested deeper than a path can be long, or closed to us.
    """
    total, waiting = 0, [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    total += max(INODE, 512 * entry.stat(follow_symlinks=False).st_blocks)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError as error:  # others are gone meanwhile
            if error.errno in (errno.ENAMETOOLONG, errno.EACCES):
                return math.inf
    return total


def entries(folder: str) -> int:
    """Bytes, about, for the bare entries of a folder's file system; 0 where it is closed to us."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return INODE * (found.f_files - found.f_ffree)
