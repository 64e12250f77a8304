"""Killed at any moment, on one machine or on Ray: the rerun ends with the same bytes."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codekiln.corpus.collect.engine import HARMLESS

PROGRAM = Path(__file__).with_name("building.py")
LIBRARY = Path(random.__file__).parent
KILLS = 20


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """Three folders of real modules, some of them copies of one another, and a broken one in each.

    One module is large enough for a worker process. More would be waiting for processes to start.
    """
    root = tmp_path_factory.mktemp("code")
    modules = [path for path in sorted(LIBRARY.glob("*/*.py")) if is_small(path)]
    for number in range(3):
        folder = root / f"source{number}"
        for module in modules[number * 25 : number * 25 + 40]:
            copy = folder / module.relative_to(LIBRARY)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(module.read_bytes())
        (folder / "broken.py").write_bytes(b"\xff\0")
    (root / "source1/random.py").write_bytes(Path(random.__file__).read_bytes())
    return root


def is_small(path):
    alike_or_not_ours = ("encodings", "site-packages")
    return path.parent.name not in alike_or_not_ours and path.stat().st_size <= HARMLESS


def start(code, work, runner="native", round_bytes=10_000):
    command = [sys.executable, str(PROGRAM), str(code), str(work), runner, str(round_bytes)]
    return subprocess.Popen(command)


def finish(process):
    assert process.wait(timeout=200) == 0


def wait_for_files(process, work, more):
    """Wait until there are so many more files, or the process has ended."""
    enough = file_count(work) + more
    while process.poll() is None and file_count(work) < enough:
        time.sleep(0.002)


def file_count(work):
    return sum(len(files) for _, _, files in os.walk(work))


def files_of(work):
    return {
        path.relative_to(work).as_posix(): path.read_bytes()
        for path in work.rglob("*")
        if path.is_file() and path.name != "manifest.json" and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def whole(code, tmp_path_factory):
    """What a run gives that nobody disturbs."""
    work = tmp_path_factory.mktemp("whole")
    finish(start(code, work))
    return files_of(work)


@pytest.mark.slow
def test_kill_minus_nine_at_twenty_moments(code, whole, tmp_path):
    """Each run goes on where the last was killed, and a little further, so all of the build is reached."""
    moments = random.Random(3)
    work = tmp_path / "work"
    killed = 0
    while killed < KILLS:
        process = start(code, work)
        wait_for_files(process, work, moments.randint(1, 16))
        try:
            process.wait(moments.uniform(0, 0.05))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        if process.wait() == 0:
            assert files_of(work) == whole
            work = tmp_path / f"work{killed}"
    finish(start(code, work))
    assert files_of(work) == whole


@pytest.mark.slow
def test_two_workers_of_ray_give_the_same_bytes(code, whole, tmp_path):
    pytest.importorskip("ray")
    finish(start(code, tmp_path, "ray", 10_000_000))
    assert files_of(tmp_path) == whole
