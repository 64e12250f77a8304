"""Runs commands of programs that the tests wrote themselves: plain subprocesses, no sandbox."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Ended:
    status: int | None
    stdout: bytes
    stderr: bytes


def run(files, command, seed=0, seconds=10):
    """The command in a fresh folder; `python3` is this interpreter, `seed` that of its hashes."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        python = str(Path(sys.executable).resolve())  # the venv's would read all of its .pth files
        command = [python if part == "python3" else part for part in command]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=os.environ | {"PYTHONHASHSEED": str(seed)},
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Ended(None, b"", b"")
        return Ended(done.returncode, done.stdout, done.stderr)
