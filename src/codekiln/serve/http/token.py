"""The token that a server asks for when others than this machine can reach it."""

import os
import secrets
from pathlib import Path

from codekiln.artifact import disk_errors, open_work

LEAST = 16  # characters of one that somebody wrote


def token_of(work: Path) -> tuple[str, Path, bool]:
    """The token of a work folder, the file it lies in, and whether it is new.

    Only its owner may read the file. Who deletes it gets another.

    Raises:
        UsageError, DiskError: nothing can be written there.
    """
    open_work(work)
    path = work / "live" / "token"
    with disk_errors(work):
        path.parent.mkdir(exist_ok=True)
        if path.exists():
            path.chmod(0o600)
            known = path.read_text(encoding="utf-8", errors="replace").strip()
            if len(known) >= LEAST:
                return known, path, False
            path.unlink()
        token = secrets.token_urlsafe(24)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{token}\n")
    return token, path, True
