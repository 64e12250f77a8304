"""Landlock, a filter of system calls and, for root, an unused user: where no namespace may be made.

The program lives on the machine's own file system, in one folder that it may write; what it may read is
listed. Names and sizes of other files stay visible, and Landlock has no say over sockets by path, so
there are no sockets; nor over times and attributes of files that it may write, so these cannot be set.
As an ordinary user it is refused what that user could do to its own files and processes by other ways
than opening them.
"""

import ctypes
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codekiln.sandbox import seccomp
from codekiln.sandbox.backends.backend import (
    DEVICES,
    SYSTEM,
    Place,
    Rules,
    is_root,
    settings,
    visible,
)
from codekiln.sandbox.backends.folder import run_folder
from codekiln.sandbox.backends.identity import unused_uid
from codekiln.sandbox.backends.packages import hidden, split
from codekiln.sandbox.backends.scripts import scripts
from codekiln.sandbox.layers import ALL, Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, interpreter

NAMESPACES = frozenset({Layer.MOUNTS, Layer.PIDS, Layer.NETWORK, Layer.IPC})
TRUNCATION, SCOPES = 3, 6  # versions of Landlock that brought these
CREATE_RULESET, ASK_VERSION = 444, 1
PROCESSOR = ["/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm"]
ROOT_PYTHON = Path("/usr/bin/python3")


@dataclass(frozen=True)
class Landlock:
    """All layers but namespaces, unless some more are taken away."""

    layers: frozenset[Layer] = ALL - NAMESPACES - {Layer.CAPABILITIES}  # an unused user has none
    name: str = "landlock"

    def missing(self) -> str:
        """Whether the kernel has Landlock, and there is a Python that another user may run."""
        if not version():
            return "the kernel has no Landlock (Linux 5.13 or later, switched on)"
        if not seccomp.supported():
            return "this processor's system calls are not known"
        if is_root() and _python() is None:
            return f"no other user may run {interpreter()}, and there is no {ROOT_PYTHON}"
        return ""

    @contextmanager
    def place(self, program: Program, limits: Limits) -> Iterator[Place]:  # noqa: ARG002
        """A folder of the machine's own."""
        uid = unused_uid() if is_root() and Layer.IDENTITY in self.layers else None
        with run_folder() as base:
            home = base / "home"
            home.mkdir()
            yield Place(
                wrapper=(),
                python=(_python() if uid is not None else None) or interpreter(),
                scripts=str(scripts()),
                home=str(home),
                folder=str(program.folder.resolve()) if program.folder else None,
                disk=home,
                uid=uid,
                landlock=_rules(program, str(home)) if Layer.LANDLOCK in self.layers else None,
                seccomp=_filter(uid) if Layer.SECCOMP in self.layers else b"",
                reaper=Layer.TREE in self.layers,
            )


@cache
def version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    answer: int = ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    return max(0, answer)


def _rules(program: Program, home: str) -> Rules:
    reads, listed = split((*SYSTEM, *visible(program)), hidden(program))
    return [*reads, *settings(), *PROCESSOR, str(scripts())], listed, [home], DEVICES


def _filter(uid: int | None) -> bytes:
    groups = [seccomp.ALWAYS, seccomp.IN_THE_OPEN, seccomp.BY_WRITERS]
    conditions = [*seccomp.CONDITIONS, *seccomp.SEND_TO_ADDRESS]
    if version() < TRUNCATION:
        groups.append(seccomp.TRUNCATION)
    if uid is None:
        groups.append(seccomp.AS_ONESELF)
        conditions += seccomp.TO_OTHERS
        if version() < SCOPES:
            groups.append(seccomp.SIGNALS)
    return seccomp.program(groups, conditions)


@cache
def _python() -> str | None:
    """An interpreter that any user may run: ours, unless it lies in somebody's home, or the system's."""
    for path in (Path(interpreter()), ROOT_PYTHON):
        if path.exists() and all(_is_open(folder) for folder in path.resolve().parents):
            return str(path.resolve())
    return None


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)
