"""The work folder, which holds everything that is built."""

from pathlib import Path

from codekiln.artifact.files import disk_errors, write_atomically
from codekiln.errors import UsageError

CACHE_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# Made by codekiln. The first line is that of the Cache Directory Tagging Specification.
"""


def open_work(work: Path) -> None:
    """Make the work folder and mark it as a cache, so that no source or backup takes it for code.

    Raises:
        UsageError: `work` is a file, or nothing can be written there.
        DiskError: the disk is full, read-only or failing.
    """
    tag = work / "CACHEDIR.TAG"
    with disk_errors(work):
        try:
            work.mkdir(parents=True, exist_ok=True)
            if not tag.exists():
                write_atomically(tag, CACHE_TAG)
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"--work {work} is not a folder: give another.") from None
        except (PermissionError, FileNotFoundError) as error:
            raise UsageError(
                f"--work {work} cannot be written ({error.strerror}): give another."
            ) from None
