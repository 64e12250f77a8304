"""Our own scripts, compiled once for all runs of this process: compiling takes longer than running them.

A copy in a folder of its own, because the installed ones may lie where another user cannot read, or where
nothing may be written.
"""

import atexit
import os
import py_compile
import shutil
import tempfile
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "inside"


@cache
def scripts() -> Path:
    """The folder with the package `inside`, readable by all, gone when this process ends."""
    top = Path(tempfile.mkdtemp(prefix="codekiln-scripts-"))
    atexit.register(_remove, top, os.getpid())
    inside = top / SOURCE.name
    inside.mkdir()
    for path in SOURCE.glob("*.py"):
        copy = str(shutil.copy(path, inside))
        as_it_is = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(copy, doraise=True, invalidation_mode=as_it_is)
    for path in (top, *top.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return top


def _remove(top: Path, owner: int) -> None:
    if os.getpid() == owner:  # and no process that was forked off it
        shutil.rmtree(top, ignore_errors=True)
