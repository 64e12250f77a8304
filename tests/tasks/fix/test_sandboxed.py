"""Trials in the sandbox leave it to the back end which folder may be written."""

import shutil

import pytest

from codekiln.sandbox import Outcome, Sandbox
from codekiln.sandbox.backends import Bubblewrap, Landlock
from codekiln.sandbox.specification import PATH
from codekiln.tasks.fix.sandboxed import sandboxed

GO = ("go", "vet", "main.go")
RIGHT, WRONG = b"package main\n\nfunc main() {}\n", b"package main\n\nfunc main() { x }\n"


class Recorder:
    """A sandbox that runs nothing."""

    def run(self, program, limits):
        self.program = program
        return Outcome(0, b"", b"")


def test_no_variable_names_a_folder():
    recorder = Recorder()
    for name in ("go", "gcc", "javac", "node"):
        sandboxed(recorder)({"main.go": RIGHT}, (name, "main.go"))
        assert not any("/" in value for value in recorder.program.environment.values()), name


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("go", path=PATH) is None, reason="there is no go")
@pytest.mark.parametrize("backend", [Bubblewrap(), Landlock()], ids=lambda backend: backend.name)
def test_go_is_judged(backend):
    if reason := backend.missing():
        pytest.skip(reason)
    run = sandboxed(Sandbox(backend))
    assert run({"main.go": RIGHT}, GO).succeeded
    assert not run({"main.go": WRONG}, GO).succeeded
