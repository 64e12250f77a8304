"""A folder of the machine's own for one run, where there is no file system of its own to go with it."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def run_folder() -> Iterator[Path]:
    """A new folder that others may pass through but not list; removed with all that lies in it."""
    base = Path(tempfile.mkdtemp(prefix="codekiln-run-"))
    try:
        base.chmod(0o711)
        yield base
    finally:
        _remove(base)


def _remove(base: Path) -> None:
    """By `rm`, which goes as deep as a program may have nested and follows no link."""
    if not _quietly("rm", "-rf", "--", str(base)):
        _quietly("chmod", "-R", "u+rwX", "--", str(base))
        _quietly("rm", "-rf", "--", str(base))


def _quietly(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
