"""Where a user's things lie on each system: configuration, cache."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """Ours, for what can be built again."""
    return _base("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA") / "codekiln"


def _base(variable: str, linux: str, mac: str, windows: str) -> Path:
    """A folder of the user: by the variable of the XDG specification, or where the system has it."""
    home = Path.home()
    if named := os.environ.get(variable):
        return Path(named)
    if sys.platform == "darwin":
        return home / mac
    if sys.platform == "win32":
        return Path(os.environ.get(windows) or home / "AppData")
    return home / linux
