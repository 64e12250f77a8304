"""Folders of Python packages: tests and their solutions may lie there, so who does not ask sees none.

A caller asks for one by naming it, or a folder below it, in `Program.reads`.
"""

import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from codekiln.sandbox.backends.backend import SYSTEM, pythons
from codekiln.sandbox.program import Program

OURS = Path(__file__).parents[2]  # codekiln has tests and solutions, too
PATTERNS = ("lib*/python*/*-packages", "local/lib*/python*/*-packages")


def hidden(program: Program) -> tuple[Path, ...]:
    """Those that lie below what every program reads, and that nobody asked for."""
    asked = [path.resolve() for path in program.reads]
    return tuple(
        folder for folder in _known() if not any(path.is_relative_to(folder) for path in asked)
    )


@cache
def split(folders: tuple[str, ...], hidden: tuple[Path, ...]) -> tuple[list[str], list[str]]:
    """What may be read whole and what may only be listed, so that nothing of `hidden` can be opened.

    For rules that allow, and cannot take back what they allow above. Links lead to what has a rule of
    its own, or none.
    """
    whole: list[str] = []
    listed: list[str] = []
    tops = {Path(folder).resolve() for folder in folders}
    waiting = [top for top in tops if tops.isdisjoint(top.parents)]
    while waiting:
        path = waiting.pop()
        if path in hidden:
            continue
        if not any(path in folder.parents for folder in hidden):
            whole.append(str(path))
        else:
            listed.append(str(path))
            with suppress(OSError):
                waiting += [child for child in path.iterdir() if not child.is_symlink()]
    return whole, listed


@cache
def _known() -> tuple[Path, ...]:
    """None of them below another."""
    tops = [Path("/usr"), *pythons()]
    found = [path for top in tops for pattern in PATTERNS for path in top.glob(pattern)]
    found += [Path(path) for path in sys.path if path.endswith("-packages")]
    seen = [Path(path).resolve() for path in SYSTEM] + [top.resolve() for top in tops]
    there = {path.resolve() for path in (*found, OURS) if path.is_dir()}
    within = {path for path in there if any(path.is_relative_to(top) for top in seen)}
    return tuple(sorted(path for path in within if within.isdisjoint(path.parents)))
