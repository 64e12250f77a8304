"""What every back end does: say what it lacks, and prepare the place where one program runs."""

import os
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, interpreter

Rules = tuple[
    list[str], list[str], list[str], list[str]
]  # read below, list below, write below, devices
DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"]
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
PARTS = ("bin", "lib", "lib64", "Python", "Resources")  # of a Python; the last two are macOS's
# Of /etc only what linkers, compilers and runtimes (Node: OpenSSL's) look up.
SETTINGS = (
    *("/etc/alternatives", "/etc/ssl/openssl.cnf"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d"),
)


@dataclass(frozen=True)
class Place:
    """Where a program will run. Paths are those it sees, but for `disk`.

    `wrapper` is the command that leads in, `scripts` the folder of our own, `home` the one folder it
    may write, `disk` the same seen from here if its size must be watched. `reaper` asks the first
    process to end what is left, where no namespace of processes (`own_processes`) does.
    """

    wrapper: tuple[str, ...]
    python: str
    scripts: str
    home: str
    folder: str | None = None
    disk: Path | None = None
    uid: int | None = None
    landlock: Rules | None = None
    seccomp: bytes = b""
    reaper: bool = False
    own_processes: bool = False


class Backend(Protocol):
    """One way to confine. `layers` are those in force; a test may take some away."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def layers(self) -> frozenset[Layer]:
        """What stands between a program and the machine."""

    def missing(self) -> str:
        """Why it cannot work here, as a clause; empty if it may."""

    def place(self, program: Program, limits: Limits) -> AbstractContextManager[Place]:
        """Prepare for one run; on leaving, nothing of it stays."""


def settings() -> list[str]:
    """Files and folders of /etc that programs may read, as far as they exist."""
    java = sorted(str(path) for path in Path("/etc").glob("java*"))
    return [path for path in (*SETTINGS, *java) if Path(path).exists()]


def visible(program: Program) -> list[str]:
    """Folders of the machine that a program reads beside the system's: Python's and its own.

    Not what lies elsewhere in Python's folder: environments, caches of packages.
    """
    parts = [top / part for top in pythons() for part in PARTS]
    ours = [*(part for part in parts if part.exists()), *program.reads]
    resolved = dict.fromkeys(str(path.resolve()) for path in ours)
    return [path for path in resolved if path != "/" and not _below_system(path)]


def pythons() -> list[Path]:
    """Where this interpreter and its standard library are installed."""
    return list(dict.fromkeys((Path(sys.base_prefix), Path(interpreter()).parent.parent)))


def _below_system(path: str) -> bool:
    return any(path == top or path.startswith(top + "/") for top in SYSTEM)


def is_root() -> bool:
    """Whether we run as the user whom no limit of processes holds."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
