"""Where the documents of an index come from: a table on disk, of which only rows asked for are read."""

import json
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from codekiln.artifact import write_atomically
from codekiln.errors import ArtifactError
from codekiln.inputs.mapped import map_shard

ROWS = "origins.jsonl"
ENDS = "origins.npy"


class Origin(NamedTuple):
    """One document: `licence` is an SPDX expression or "own", `sha256` that of the indexed text."""

    repository: str
    path: str
    revision: str = ""
    licence: str = ""
    sha256: str = ""


class OriginTable(Sequence[Origin]):
    """The origins that `write_origins` left in a folder."""

    def __init__(self, folder: Path) -> None:
        """Map the table.

        Raises:
            ArtifactError: it is damaged.
        """
        self._ends = map_shard(folder / ENDS)
        with (folder / ROWS).open("rb") as file:
            self._rows = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._ends.ndim != 1 or self._ends[-1] != len(self._rows):
            raise ArtifactError(f"{folder / ROWS} is damaged: rebuild the index.")

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, place: int) -> Origin: ...
    @overload
    def __getitem__(self, place: slice) -> list[Origin]: ...
    def __getitem__(self, place: int | slice) -> Origin | list[Origin]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        start = int(self._ends[place - 1]) if place else 0
        return Origin(*json.loads(self._rows[start : int(self._ends[place])]))


def write_origins(folder: Path, origins: Sequence[Origin]) -> None:
    """Write a row of JSON for each origin, and where each row ends."""
    rows = [json.dumps(origin, ensure_ascii=False).encode() + b"\n" for origin in origins]
    write_atomically(folder / ROWS, b"".join(rows))
    np.save(folder / ENDS, np.cumsum([len(row) for row in rows], dtype=np.int64))
