"""A control group is asked for only for managed runtimes, with the run's own limits."""

import stat
import sys

import pytest

from codekiln.sandbox import Layer, Limits, Sandbox, cgroup, python
from codekiln.sandbox.backends import Unconfined

SYSTEMD_RUN = """#!{python}
import os, sys
words = sys.argv[1:]
while words[0].startswith("-"):
    words = words[2:] if words[0] == "-p" else words[1:]
if words != ["true"]:
    with open({log!r}, "a") as log:
        print(*sys.argv[1:], file=log)
os.execvp(words[0], words)
"""


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """A systemd-run that notes what it was asked and starts it."""
    log, command = tmp_path / "log", tmp_path / "systemd-run"
    command.write_text(SYSTEMD_RUN.format(python=sys.executable, log=str(log)))
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(cgroup, "SCOPE", (str(command), *cgroup.SCOPE[1:]))
    cgroup.available.cache_clear()
    yield log
    cgroup.available.cache_clear()


def test_a_bus_that_does_not_answer_is_none(tmp_path, monkeypatch):
    command = tmp_path / "systemd-run"
    command.write_text("#!/bin/sh\nexec sleep 60\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(cgroup, "SCOPE", (str(command),))
    monkeypatch.setattr(cgroup, "PATIENCE", 0.2)
    cgroup.available.cache_clear()
    assert cgroup.scope(Limits()) == ()
    cgroup.available.cache_clear()


def test_a_managed_program_has_one(systemd):
    from dataclasses import replace

    limits = Limits(memory=300 << 20, processes=10)
    sandbox = Sandbox(Unconfined(Unconfined().layers | {Layer.CGROUP}))
    assert sandbox.run(python("print(1)"), limits).succeeded
    assert not systemd.exists()
    assert sandbox.run(replace(python("print(1)"), managed=True), limits).stdout == b"1\n"
    said = systemd.read_text()
    assert f"-p MemoryMax={300 << 20} -p MemorySwapMax=0 -p TasksMax=14" in said


def test_where_systemd_makes_none_there_is_none(monkeypatch):
    monkeypatch.setattr(cgroup, "SCOPE", ("false",))
    cgroup.available.cache_clear()
    assert cgroup.scope(Limits()) == ()
    cgroup.available.cache_clear()
