"""What is run: a command, the files it stands on, and what it may see."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

SCRIPT = "<script>"  # in place of a command: one of our own, see `script`
NOTHING: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True)
class Program:
    """A command in a fresh work folder, which is gone when it ends.

    `folder` is copied into the work folder, then `files` (paths relative to it) are written there.
    `build` runs first, under the same limits and clock; where it fails, `command` does not run.
    `environment` is all that it has beside PATH, HOME, TMPDIR and LANG.
    """

    command: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    folder: Path | None = None
    build: tuple[str, ...] = ()
    stdin: bytes = b""
    environment: Mapping[str, str] = field(default_factory=dict)
    reads: tuple[Path, ...] = ()  # of the machine's folders, beside the system's and Python's
    managed: bool = False  # a runtime that reserves more memory than it uses: JVM, Node, Go


def python(source: str, *arguments: str, stdin: bytes = b"") -> Program:
    """A Python program under this interpreter, with the standard library and nothing else."""
    command = (interpreter(), "-I", "-S", "-B", "main.py", *arguments)
    return Program(command, {"main.py": source.encode(errors="surrogatepass")}, stdin=stdin)


def script(name: str, *arguments: str, files: Mapping[str, bytes] = NOTHING) -> Program:
    """One of our own in `inside`. The first process becomes it, so Python is started once, not twice."""
    return Program((SCRIPT, name, *arguments), files)


@cache
def interpreter() -> str:
    """This interpreter's own path, behind the links of a virtual environment."""
    return str(Path(sys.executable).resolve())
