"""Runs trials in the sandbox."""

from collections.abc import Mapping, Sequence

from codekiln.sandbox import Limits, Outcome, Program, Sandbox
from codekiln.sandbox.program import interpreter
from codekiln.tasks.fix.tests import PYTHON
from codekiln.tasks.fix.trial import Run

LIMITS = Limits(seconds=8.0)
# Compilers with a heap of their own, which reserve more memory than they use.
COMPILERS = Limits(seconds=30.0, memory=2 << 30, disk=256 << 20)
MANAGED = frozenset(("javac", "node", "go", "tsc"))


def sandboxed(sandbox: Sandbox) -> Run:
    """Each command in a place of its own; `PYTHON` is this interpreter, without its packages."""

    def run(files: Mapping[str, bytes], command: Sequence[str], seed: int = 0) -> Outcome:
        name, *arguments = command
        if name == PYTHON:
            hashes = {"PYTHONHASHSEED": str(seed)}
            program = Program((interpreter(), "-S", *arguments), files, environment=hashes)
            return sandbox.run(program, LIMITS)
        environment = {"GO111MODULE": "off"} if name == "go" else {}
        managed = name in MANAGED
        program = Program(tuple(command), files, environment=environment, managed=managed)
        return sandbox.run(program, COMPILERS if managed else LIMITS)

    return run
