"""Bubblewrap: namespaces and a root folder of its own, then Landlock and system calls inside.

An ordinary user gets a user namespace, and none below it. Root makes no user namespace: it could be no
other user there; the first process inside becomes an unused user, and the filter of system calls
refuses namespaces.
"""

import re
import shutil
import subprocess
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
from codekiln.sandbox.backends.identity import unused_uid
from codekiln.sandbox.backends.landlock import version
from codekiln.sandbox.backends.packages import hidden
from codekiln.sandbox.backends.scripts import scripts
from codekiln.sandbox.layers import ALL, Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, interpreter

OLDEST = (0, 8)  # has --disable-userns and --size
HOME, SHARED, SCRIPTS, FOLDER = "/tmp", "/dev/shm", "/codekiln/scripts", "/codekiln/folder"
# What root keeps until the first process has laid out the files and become somebody else.
UNTIL_IDENTITY = ("CAP_SETUID", "CAP_SETGID", "CAP_CHOWN", "CAP_DAC_OVERRIDE")
NAMESPACES = {
    Layer.PIDS: "--unshare-pid",
    Layer.NETWORK: "--unshare-net",
    Layer.IPC: "--unshare-ipc",
}


@dataclass(frozen=True)
class Bubblewrap:
    """All layers, unless some are taken away."""

    layers: frozenset[Layer] = ALL
    name: str = "bubblewrap"

    def missing(self) -> str:
        """Whether the command is there, new enough, and may make namespaces."""
        if (found := _installed()) is None:
            return "bubblewrap is not installed"
        if found < OLDEST:
            return "bubblewrap is older than 0.8"
        if not seccomp.supported():
            return "this processor's system calls are not known"
        return _refused()

    @contextmanager
    def place(self, program: Program, limits: Limits) -> Iterator[Place]:
        """The root folder is described by arguments; all that is written lies in memory and goes."""
        uid = unused_uid() if is_root() and Layer.IDENTITY in self.layers else None
        rules = self._rules(program) if Layer.LANDLOCK in self.layers and version() else None
        yield Place(
            wrapper=("bwrap", *self._arguments(program, limits, uid is not None), "--"),
            python=interpreter(),
            scripts=SCRIPTS,
            home=HOME,
            folder=FOLDER if program.folder else None,
            uid=uid,
            landlock=rules,
            seccomp=seccomp.program() if Layer.SECCOMP in self.layers else b"",
            own_processes=Layer.PIDS in self.layers,
            reaper=Layer.PIDS not in self.layers and Layer.TREE in self.layers,
        )

    def _arguments(self, program: Program, limits: Limits, drops: bool) -> list[str]:
        arguments = ["--unshare-uts", "--unshare-cgroup-try"]
        arguments += ["--cap-drop" if Layer.CAPABILITIES in self.layers else "--cap-add", "ALL"]
        if Layer.TREE in self.layers:
            arguments += ["--die-with-parent", "--new-session"]
        if not is_root():
            arguments += ["--unshare-user", "--disable-userns"]
        if drops:
            arguments += [word for name in UNTIL_IDENTITY for word in ("--cap-add", name)]
        arguments += [flag for layer, flag in NAMESPACES.items() if layer in self.layers]
        return arguments + self._mounts(program, str(limits.disk))

    def _mounts(self, program: Program, size: str) -> list[str]:
        """The root folder, last of all made read-only with /dev: both are memory without a limit."""
        if Layer.MOUNTS not in self.layers:
            arguments = ["--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        else:
            arguments = ["--proc", "/proc", "--dev", "/dev"]
            for path in SYSTEM:
                arguments += _system(Path(path))
            for path in settings():
                arguments += [*_parents(Path(path)), "--ro-bind", path, path]
        for folder in (HOME, SHARED):
            arguments += ["--perms", "1777", "--size", size, "--tmpfs", folder]
        for path in visible(program):
            arguments += [*_parents(Path(path)), "--ro-bind", path, path]
        arguments += [*_parents(Path(SCRIPTS)), "--ro-bind", str(scripts()), SCRIPTS]
        if program.folder:
            arguments += ["--ro-bind", str(program.folder.resolve()), FOLDER]
        if Layer.MOUNTS in self.layers:
            for covered in map(str, hidden(program)):
                arguments += ["--tmpfs", covered, "--remount-ro", covered]
            arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]
        return arguments

    def _rules(self, program: Program) -> Rules:
        reads = [*SYSTEM, *settings(), "/proc", *visible(program), "/codekiln"]
        return reads, [], [HOME, SHARED], DEVICES


def _parents(path: Path) -> list[str]:
    """Folders on the way, which bubblewrap would make for its own user alone."""
    return [word for parent in reversed(path.parents[:-1]) for word in ("--dir", str(parent))]


def _system(path: Path) -> list[str]:
    """On most systems /bin, /lib and the like are links into /usr."""
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


@cache
def _installed() -> tuple[int, ...] | None:
    if shutil.which("bwrap") is None:
        return None
    said = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found else (0,)


@cache
def _refused() -> str:
    """Containers and Ubuntu's AppArmor forbid what bubblewrap needs: it is tried."""
    command = ["bwrap", "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "--proc", "/proc"]
    if not is_root():
        command += ["--unshare-user", "--disable-userns"]
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode == 0:
        return ""
    return f"bubblewrap may not make namespaces here ({tried.stderr.strip() or 'no reason given'})"
