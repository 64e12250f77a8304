"""What a tree of processes holds, read from /proc; 0 where there is none (macOS has its rlimits)."""

import errno
import math
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

OWN = re.compile(r"RssAnon:\s*(\d+) kB\s*RssFile:\s*(\d+) kB")  # in `status`
INODE = 1024  # bytes, about, for a file without content


def threads(pid: int) -> list[int]:
    """All of a process. The first may have ended before the others: then it has no memory and no files."""
    try:
        return sorted(int(task.name) for task in Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def children(pid: int) -> list[int]:
    """The processes that one has started and not yet waited for."""
    found: list[int] = []
    for thread in threads(pid):
        found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_text().split())
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


def resident(pids: Iterable[int]) -> int:
    """Bytes that processes hold, pages of files counted for each; for what they share see `unnamed`."""
    return sum(map(_resident, pids))


def _resident(pid: int) -> int:
    for thread in threads(pid):
        with suppress(OSError):
            if found := OWN.search(Path(f"/proc/{thread}/status").read_text()):
                return sum(map(int, found.groups())) << 10
    return 0


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
