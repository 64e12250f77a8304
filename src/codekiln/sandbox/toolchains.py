"""Programs of other languages: built and run inside, with the compiler found on this machine."""

import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from codekiln.errors import SandboxError
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import Program, python

BESIDE_HEAP = 256 << 20  # bytes that a runtime takes beside its heap
# Compilers take longer and more than what they make.
COMPILED = Limits(seconds=60.0, memory=2 << 30, disk=256 << 20, open_files=1024)


@dataclass(frozen=True)
class Toolchain:
    """How one language's file is built and run. Words in braces are filled in for each program."""

    language: str
    file: str
    tool: str  # path of the compiler or interpreter
    build: tuple[str, ...]
    run: tuple[str, ...]
    environment: Mapping[str, str]
    reads: tuple[Path, ...]
    managed: bool

    def program(self, source: str, stdin: bytes = b"", limits: Limits = COMPILED) -> Program:
        """A program of one file; its class is called Main where a language wants a name (Java)."""
        heap = max(64, (limits.memory - BESIDE_HEAP) >> 20)

        def filled(command: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(word.format(tool=self.tool, heap=heap) for word in command)

        return Program(
            filled(self.run),
            {self.file: source.encode(errors="surrogatepass")},
            build=filled(self.build),
            stdin=stdin,
            environment=self.environment,
            reads=self.reads,
            managed=self.managed,
        )


def program_of(
    language: str, source: str, stdin: bytes = b"", limits: Limits = COMPILED
) -> Program:
    """A program in any language that we can run, Python among them.

    Raises:
        SandboxError: its compiler is not installed, or we run no programs in this language.
    """
    if language == "python":
        return replace(python(source), stdin=stdin)
    return toolchain(language).program(source, stdin, limits)


@cache
def toolchain(language: str) -> Toolchain:
    """The toolchain that this machine has.

    Raises:
        SandboxError: it has none, or the language is none of `supported()`.
    """
    if language not in _tables():
        known = ", ".join(supported())
        raise SandboxError(f"Programs in {language} cannot be run: take one of {known}.")
    table = _tables()[language]
    found = next((path for name in table["needs"] if (path := shutil.which(name))), None)
    if found is None:
        wanted = " or ".join(table["needs"])
        raise SandboxError(f"There is no {wanted} to run {language} with: {table['remedy']}.")
    reads: tuple[Path, ...] = ()
    if "sysroot" in table:
        asked = subprocess.run(table["sysroot"], capture_output=True, text=True, check=False)
        root = Path(asked.stdout.strip() or "/usr")
        found, reads = str(root / "bin" / Path(found).name), (root,)
    elif table.get("reads") == "real":
        found = str(Path(found).resolve())
        reads = (Path(found).parents[1],)
    return Toolchain(
        language,
        table["file"],
        found,
        tuple(table.get("build", ())),
        tuple(table["run"]),
        MappingProxyType(table.get("environment", {})),
        reads,
        table.get("managed", False),
    )


def supported() -> list[str]:
    """The languages whose programs can be run where their tools are installed."""
    return ["python", *_tables()]


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("toolchains.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
