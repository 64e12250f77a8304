"""One run of a whole pipeline in a process of its own: its time, its memory and its files."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

# On so many cores (0: all) the command of the other arguments; then the highest memory of any one of
# the processes, in the unit of `getrusage`.
WATCHED = """
import os, resource, subprocess, sys
cores = int(sys.argv[1])
if cores and hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
subprocess.run(sys.argv[2:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
UNIT = 1 if sys.platform == "darwin" else 1024


class Run(NamedTuple):
    """Seconds on the clock and of the processor, children's too; the highest memory of any one
    process, in bytes.
    """

    wall: float
    cpu: float
    memory: float


def measured(module: str, source: Path, *more: str, cores: int = 0) -> Run:
    """`python -m bench.corpus.<module> SOURCE WORK ...`, in a work folder that goes away."""
    with tempfile.TemporaryDirectory(dir=source.parent) as work:
        return run(module, str(source), work, *more, cores=cores)


def run(module: str, *arguments: str, cores: int = 0) -> Run:
    """`python -m bench.corpus.<module> ...`.

    On one core nothing else of the same run slows it down; where a system cannot be asked for that, and
    with `cores` of 0, it takes all.
    """
    command = [sys.executable, "-m", f"bench.corpus.{module}", *arguments]
    begun, before = time.perf_counter(), os.times()
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(cores), *command],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wall, after = time.perf_counter() - begun, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Run(wall, cpu, int(done.stdout.split()[-1]) * UNIT)
