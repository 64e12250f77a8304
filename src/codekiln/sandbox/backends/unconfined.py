"""No confinement: for those who said `--unsafe-no-sandbox`. Limits and cleared variables, no more."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from codekiln.sandbox.backends.backend import Place
from codekiln.sandbox.backends.folder import run_folder
from codekiln.sandbox.backends.scripts import scripts
from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, interpreter


@dataclass(frozen=True)
class Unconfined:
    """Stops accidents of size and time. Never chosen unless named."""

    layers: frozenset[Layer] = frozenset(
        {Layer.ENVIRONMENT, Layer.DESCRIPTORS, Layer.TREE, Layer.RLIMITS, Layer.WATCH}
    )
    name: str = "unconfined"

    def missing(self) -> str:
        """It works wherever there are processes."""
        return ""

    @contextmanager
    def place(self, program: Program, limits: Limits) -> Iterator[Place]:  # noqa: ARG002
        """A folder that goes with the run; the program may write anywhere else too."""
        with run_folder() as base:
            yield Place(
                wrapper=(),
                python=interpreter(),
                scripts=str(scripts()),
                home=str(base),
                folder=str(program.folder.resolve()) if program.folder else None,
                disk=base,
                reaper=Layer.TREE in self.layers and sys.platform == "linux",
            )
