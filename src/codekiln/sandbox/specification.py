"""What the first process inside is told (`inside/confine`), as plain data."""

import math
import os
from typing import Any

from codekiln.sandbox.backends import Place
from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.processes import tasks_of_user
from codekiln.sandbox.program import Program, interpreter

PATH = "/usr/local/bin:/usr/bin:/bin"


def specification(
    place: Place, program: Program, limits: Limits, layers: frozenset[Layer]
) -> dict[str, Any]:
    """What to run, with what, and what to give up before."""

    def here(command: tuple[str, ...]) -> list[str]:
        """The back end may have to take another interpreter than ours."""
        return [place.python if word == interpreter() else word for word in command]

    return {
        "command": here(program.command),
        "build": here(program.build),
        "files": {name: bytes(content) for name, content in program.files.items()},
        "folder": place.folder,
        "environment": _environment(place, program, Layer.ENVIRONMENT in layers),
        "home": place.home,
        "uid": place.uid,
        "landlock": place.landlock,
        "seccomp": place.seccomp,
        "rlimits": _rlimits(place, program, limits) if Layer.RLIMITS in layers else {},
        "descriptors": Layer.DESCRIPTORS in layers,
        "reaper": place.reaper,
    }


def _environment(place: Place, program: Program, cleared: bool) -> dict[str, str]:
    own = {"PATH": PATH, "HOME": place.home, "TMPDIR": place.home, "LANG": "C.UTF-8"}
    return {**({} if cleared else os.environ), **own, **program.environment}


def _rlimits(place: Place, program: Program, limits: Limits) -> dict[str, tuple[int, int]]:
    """Soft and hard ones. A user with processes elsewhere may have so many more; an unused one has none."""
    seconds = math.ceil(limits.seconds)
    others = tasks_of_user() if place.uid is None else 0
    values = {
        "RLIMIT_CPU": (seconds, seconds + 1),  # a signal that says so, then one that nobody ignores
        "RLIMIT_FSIZE": (limits.disk,) * 2,
        "RLIMIT_NPROC": (limits.processes + others,) * 2,
        "RLIMIT_NOFILE": (limits.open_files,) * 2,
        "RLIMIT_CORE": (0, 0),
    }
    return values if program.managed else {**values, "RLIMIT_AS": (limits.memory,) * 2}
