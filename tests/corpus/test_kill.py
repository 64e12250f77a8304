"""Killed at any moment, on one machine or on Ray: the rerun ends with the same bytes."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("building.py")
KILLS = 20


@pytest.fixture(scope="module")
def code(tmp_path_factory):
    """Three folders of real modules, some of them copies of one another."""
    root = tmp_path_factory.mktemp("code")
    library = sorted(Path(random.__file__).parent.glob("*.py"))
    for number in range(3):
        folder = root / f"source{number}"
        folder.mkdir()
        for module in library[number * 25 : number * 25 + 40]:
            (folder / module.name).write_bytes(module.read_bytes())
        (folder / "broken.py").write_bytes(b"\xff\0")
    return root


def start(code, work, runner="native", round_bytes=60_000):
    command = [sys.executable, str(PROGRAM), str(code), str(work), runner, str(round_bytes)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process):
    process.communicate(timeout=200)
    assert process.returncode == 0


def files_of(work):
    return {
        path.relative_to(work).as_posix(): path.read_bytes()
        for path in work.rglob("*")
        if path.is_file() and path.name != "manifest.json" and path.suffix != ".lock"
    }


@pytest.fixture(scope="module")
def whole(code, tmp_path_factory):
    """What a run gives that nobody disturbs, and how long it takes once it has begun."""
    work = tmp_path_factory.mktemp("whole")
    process = start(code, work)
    process.stdout.readline()
    begun = time.monotonic()
    finish(process)
    return files_of(work), time.monotonic() - begun


@pytest.mark.slow
def test_kill_minus_nine_at_twenty_moments(code, whole, tmp_path):
    expected, seconds = whole
    moments = random.Random(3)
    work = tmp_path / "work"
    killed = 0
    while killed < KILLS:
        process = start(code, work)
        process.stdout.readline()
        try:
            # Each run goes on where the last was killed, so all of the build comes in reach.
            process.wait(moments.uniform(0, seconds / 4))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.communicate()
        if process.returncode == 0:
            assert files_of(work) == expected
            work = tmp_path / f"work{killed}"
    finish(start(code, work))
    assert files_of(work) == expected


@pytest.mark.slow
def test_two_workers_of_ray_give_the_same_bytes(code, whole, tmp_path):
    pytest.importorskip("ray")
    finish(start(code, tmp_path, "ray", 10_000_000))
    assert files_of(tmp_path) == whole[0]
