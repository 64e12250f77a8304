"""macOS: `sandbox-exec` with a profile. Written from its documentation and never run by us.

So `Sandbox.find` takes it only if it passes the same trial as every other back end.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from codekiln.sandbox.backends.backend import Place, visible
from codekiln.sandbox.backends.folder import run_folder
from codekiln.sandbox.backends.packages import hidden
from codekiln.sandbox.backends.scripts import scripts
from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, interpreter

PROFILE = """(version 1)
(deny default)
(allow process-fork process-exec sysctl-read signal (target same-sandbox))
(allow file-read-metadata)
(allow file-read* {reads})
{hidden}
(allow file-read* file-write* (subpath "{home}"))
(allow file-write-data (literal "/dev/null"))
"""
SYSTEM = ("/usr", "/bin", "/sbin", "/System", "/Library/Developer", "/private/var/db/dyld", "/dev")


@dataclass(frozen=True)
class Seatbelt:
    """Files and network by the profile; limits and the rest as everywhere."""

    layers: frozenset[Layer] = frozenset(
        {
            Layer.ENVIRONMENT,
            Layer.DESCRIPTORS,
            Layer.TREE,
            Layer.RLIMITS,
            Layer.WATCH,
            Layer.MOUNTS,
            Layer.NETWORK,
        }
    )
    name: str = "seatbelt"

    def missing(self) -> str:
        """Whether this is macOS with its command."""
        if sys.platform != "darwin" or shutil.which("sandbox-exec") is None:
            return "sandbox-exec is part of macOS alone"
        return ""

    @contextmanager
    def place(self, program: Program, limits: Limits) -> Iterator[Place]:  # noqa: ARG002
        """A folder that may be written; the profile names what may be read."""
        with run_folder() as base:
            home = base.resolve()
            reads = [*SYSTEM, *visible(program), str(scripts())]
            packages = "\n".join(f"(deny file-read* {_below(path)})" for path in hidden(program))
            folders = " ".join(map(_below, reads))
            profile = PROFILE.format(reads=folders, hidden=packages, home=home)
            yield Place(
                wrapper=("sandbox-exec", "-p", profile),
                python=interpreter(),
                scripts=str(scripts()),
                home=str(home),
                folder=str(program.folder.resolve()) if program.folder else None,
                disk=home,
            )


def _below(path: str | Path) -> str:
    return f'(subpath "{path}")'
