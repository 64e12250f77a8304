"""The attacks of `attacks/*.toml`, and how they are tried: many in one sandbox, each in its own process.

Needs the standard library alone, because it is also run as another user's script (`test_ordinary_user`).
"""

import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codekiln.sandbox import Layer, Limits, Outcome, python
from codekiln.sandbox.backends import Backend, Bubblewrap, Landlock, Unconfined
from codekiln.sandbox.program import interpreter
from codekiln.sandbox.run import Run, attend
from sandbox.world import World, world

FOLDER = Path(__file__).parent / "attacks"
# Ours may lie where nobody but root comes, which without a root folder of its own stops everything.
PYTHON = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else interpreter()
LIMITS = Limits(10, memory=128 << 20, disk=16 << 20, output=1 << 20, processes=16, open_files=64)
MANY = replace(LIMITS, seconds=60)
# Of each attack a child process, which ends with 42 if nothing stopped it.
PRELUDE = """
import ctypes, json, os, socket, sys, types

libc = ctypes.CDLL(None, use_errno=True)

def answered(number, *arguments):
    if libc.syscall(number, *arguments) < 0 and ctypes.get_errno() == 1:
        raise PermissionError(number)

def failed(action, *arguments):
    try:
        action(*arguments)
    except OSError:
        return True

def attempt(code, facts):
    scope = {**globals(), "w": types.SimpleNamespace(**facts)}
    exec(compile(code, "attack", "exec"), scope)
"""
ALONE = "attempt(*json.loads(sys.argv[1]))\nos.write(2, b'|escaped|')\n"
TOGETHER = """
for name, code, facts in json.load(sys.stdin):
    child = os.fork()
    if child == 0:
        try:
            attempt(code, facts)
            os._exit(42)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 42:
        print(name, flush=True)
"""


@dataclass(frozen=True)
class Attack:
    """Code that tries something. `stopped_by` has for each back end sets of layers; each set suffices."""

    name: str
    code: str
    stopped_by: dict[str, list[frozenset[Layer]]]
    alone: bool = False  # takes, stays or kills too much to be tried with others
    runs: int = 1
    seconds: float = LIMITS.seconds
    memory: int = LIMITS.memory >> 20  # MiB
    leftover: bool = False  # it is in leaving a process behind

    def layers(self, backend: Backend) -> frozenset[Layer]:
        """All that stop it."""
        return frozenset().union(*self.stopped_by[backend.name])


def attacks() -> list[Attack]:
    """All of them, by file and place in it."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        alone = tables.pop("alone", False)
        for name, table in tables.items():
            stopped_by = {
                backend: [
                    frozenset(map(Layer, each.split("+"))) for each in table.pop(backend).split()
                ]
                for backend in ("bubblewrap", "landlock")
                if backend in table
            }
            lonely = alone or bool({"runs", "leftover", "seconds", "memory"} & set(table))
            found.append(Attack(name, stopped_by=stopped_by, **{"alone": lonely, **table}))
    return found


def escaped(backend: Backend, chosen: Sequence[Attack]) -> set[str]:
    """The names of those that got their way."""
    got_out = set()
    with world() as there:
        together = [attack for attack in chosen if not attack.alone]
        if together:
            got_out |= _together(backend, together, there)
        for attack in chosen:
            if attack.alone and _alone(backend, attack, there):
                got_out.add(attack.name)
    return got_out


def _together(backend: Backend, chosen: Sequence[Attack], there: World) -> set[str]:
    told = [(attack.name, attack.code, there.facts(attack.name)) for attack in chosen]
    outcome = _run(backend, PRELUDE + TOGETHER, MANY, stdin=json.dumps(told).encode())
    assert outcome.succeeded, outcome
    return set(outcome.stdout.decode().split())


def _alone(backend: Backend, attack: Attack, there: World) -> bool:
    limits = replace(LIMITS, seconds=attack.seconds, memory=attack.memory << 20)
    told = json.dumps([attack.code, there.facts(attack.name)])
    for _ in range(attack.runs):
        outcome = _run(backend, PRELUDE + ALONE, limits, told)
    left = there.leftovers()
    return bool(left) if attack.leftover else b"|escaped|" in outcome.stderr


def _run(
    backend: Backend, source: str, limits: Limits, *arguments: str, stdin: bytes = b""
) -> Outcome:
    program = python(source, *arguments, stdin=stdin)
    program = replace(program, command=(PYTHON, *program.command[1:]))
    return attend([Run(backend, program, limits)])[0]


BACKENDS: dict[str, Backend] = {
    "bubblewrap": Bubblewrap(),
    "landlock": Landlock(),
    "nothing": Unconfined(frozenset()),
}

if __name__ == "__main__":  # as another user: the back end's name, then names escape to stdout
    print(json.dumps(sorted(escaped(BACKENDS[sys.argv[1]], attacks()))))
