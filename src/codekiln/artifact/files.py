"""Files that are seen whole or not at all, and what a full or failing disk is called."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from codekiln.errors import DiskError

BESIDE = ".tmp"  # what a file is called while it is written
DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is seen either whole or not at all, also after a power cut.

    Raises:
        DiskError: the disk is full, read-only or failing; nothing half-written stays.
    """
    beside = path.with_name(path.name + BESIDE)
    with disk_errors(path):
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


def describe(path: Path) -> dict[str, Any]:
    """Bytes and SHA-256 of a file; nothing of a missing one."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": path.stat().st_size, "sha256": digest}
    except FileNotFoundError:
        return {}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a full or failing disk into a `DiskError`."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRNOS:
            raise
        reason = os.strerror(error.errno).lower()
        raise DiskError(
            f"Writing {path} failed ({reason}): free some space or choose another folder with "
            "--work, then run the same command again; it goes on where it stopped."
        ) from error


def discard(path: Path) -> None:
    """Remove a file or folder inside a partial artifact, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
