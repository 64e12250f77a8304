"""The attacks again, started by an ordinary user: nobody to become, and their own files to be guarded."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox.attempts import PYTHON

ROOT = Path(__file__).parents[2]
SOMEBODY = 60577  # no account, as for a real user that nothing here belongs to


def as_somebody(*command: str) -> subprocess.CompletedProcess:
    user = {"user": SOMEBODY, "group": SOMEBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("src", "tests"))
    return subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        **user,
    )


@pytest.fixture(scope="module")
def escapes():
    if as_somebody(PYTHON, "-c", "import codekiln.sandbox").returncode:
        pytest.skip("another user can read neither Python nor this folder")

    def names(backend: str) -> set[str]:
        done = as_somebody(PYTHON, "-m", "sandbox.attempts", backend)
        assert done.returncode == 0, done.stderr
        return set(json.loads(done.stdout))

    return names


@pytest.mark.slow
def test_with_nothing_in_their_way_most_get_out(escapes):
    """The positive control of the others."""
    assert len(escapes("nothing")) > 80


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["bubblewrap", "landlock"])
def test_none_gets_out(escapes, backend):
    from codekiln.sandbox.backends import Bubblewrap, Landlock

    if reason := {"bubblewrap": Bubblewrap(), "landlock": Landlock()}[backend].missing():
        pytest.skip(reason)
    assert escapes(backend) == set()
