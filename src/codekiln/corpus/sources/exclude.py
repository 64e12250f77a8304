"""Which parts of a source are left out by their names alone.

*Omitted* is what is no part of the source and comes and goes without it changing: the store of a
version control system, and caches. *Excluded* is code that others wrote and an installer put there,
and whatever the recipe names: it is counted, name by name, and never read.
"""

import fnmatch
import re
from collections.abc import Iterable

OMITTED = frozenset(
    (".git", ".hg", ".svn", ".bzr", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache")
)
EXCLUDED = (
    "node_modules",
    "bower_components",
    "site-packages",
    "dist-packages",
    ".venv",
    ".tox",
    ".nox",
    ".eggs",
)


class Exclusion:
    """Glob patterns over paths: one without a slash is for any folder or file of that name."""

    def __init__(self, globs: Iterable[str]) -> None:
        """Compile the patterns; `*` also stands for slashes, as in `docs/*.py`."""
        patterns = [glob.removeprefix("./").rstrip("/") for glob in globs]
        self._names = _compile(glob for glob in patterns if "/" not in glob)
        self._paths = _compile(glob.lstrip("/") for glob in patterns if "/" in glob)

    def matches(self, path: str) -> bool:
        """Whether a pattern names just this folder or file; its parents were asked before."""
        name = path.rpartition("/")[2]
        return bool(self._names.match(name) or self._paths.match(path))

    def covers(self, path: str) -> bool:
        """Whether a pattern names this file or any folder above it."""
        places = [place for place, letter in enumerate(path) if letter == "/"]
        return any(self.matches(path[:place]) for place in [*places, len(path)])


def _compile(globs: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs if glob) or r"(?!)")
