"""Cursor positions in files that the models have not seen, and what their author typed there.

The packages are held out from the starter's corpus. They are versions of 2026, and SmolLM2 was trained in
2024: it may know older versions of some lines.
"""

import re
from dataclasses import dataclass

import numpy as np

from bench.corpus.rows import rows

PACKAGES = (
    "pypi:falcon==4.4.0",
    "pypi:marshmallow==4.4.0",
    "pypi:river==0.26.1",
    "pypi:textual==8.2.8",
    "pypi:aiohttp==3.14.5",
    "pypi:trl==1.16.0",
    "pypi:xarray==2026.9.0",
    "npm:typeorm@1.1.1",
)
WORDY = re.compile(r"\w.*\w.*\w.*\w")
LEAST = 6000  # characters before the cursor


@dataclass(frozen=True)
class File:
    """A file of a package."""

    package: str
    path: str
    content: str


@dataclass(frozen=True)
class Place:
    """A cursor in a file; `rest` is what its author wrote behind it on that line."""

    file: File
    prefix: str
    rest: str
    suffix: str


def files() -> list[File]:
    """All files of the packages."""
    return [
        File(package, row["path"], row["content"])
        for package in PACKAGES
        for row in rows([package])
    ]


def places(known: list[File], count: int, seed: int = 5) -> list[Place]:
    """So many places, one a file as long as there are files; always the same for a seed."""
    rng = np.random.default_rng(seed)
    found: list[Place] = []
    while len(found) < count:
        for number in rng.permutation(len(known)):
            place = _place(known[number], rng)
            if place and len(found) < count:
                found.append(place)
    return found


def _place(file: File, rng: np.random.Generator) -> Place | None:
    """In the first half of a random line; None for a file too short, or a line too poor."""
    lines = file.content.split("\n")
    number = int(rng.integers(len(lines)))
    line = lines[number].removesuffix("\r")
    indent = len(line) - len(line.lstrip())
    column = int(rng.integers(indent, indent + (len(line) - indent) // 2 + 1))
    prefix = "\n".join([*lines[:number], line[:column]])
    if len(prefix) < LEAST or not WORDY.search(line) or len(line) - column < 6:
        return None
    suffix = "".join("\n" + later for later in lines[number + 1 :])
    return Place(file, prefix, line[column:], suffix)
