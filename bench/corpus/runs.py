"""One run of a whole pipeline in a process of its own: its time, its memory and its files."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

# The highest memory of any one of the processes, in the unit of `getrusage`.
WATCHED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """Seconds on the clock and of the processor, children's too; the highest memory of any one
    process, in bytes.
    """

    wall: float
    cpu: float
    memory: int


def measured(module: str, source: Path, *more: str) -> Run:
    """Run `python -m bench.corpus.<module> SOURCE WORK ...`, in a work folder that goes away."""
    with tempfile.TemporaryDirectory(dir=source.parent) as work:
        command = [sys.executable, "-m", f"bench.corpus.{module}", str(source), work, *more]
        begun, before = time.perf_counter(), os.times()
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, *command],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        wall, after = time.perf_counter() - begun, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Run(wall, cpu, int(done.stdout.split()[-1]) * UNIT)
