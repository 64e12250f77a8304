"""Arrays in files, mapped into memory: read from disk where they are looked at, or a little before."""

import mmap
from pathlib import Path
from typing import Any

import numpy as np

from codekiln.errors import ArtifactError

Mapped = np.memmap[Any, np.dtype[Any]]


def map_shard(path: Path) -> Mapped:
    """The array in a shard's file.

    Raises:
        ArtifactError: the file is no array, or cut short.
    """
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ArtifactError(
            f"{path} is a damaged shard ({error}): rebuild it, delete its folder and run again."
        ) from None


def row_bytes(rows: Mapped) -> int:
    """Bytes of each row of `rows [rows, ids]`."""
    return int(rows.shape[1]) * rows.itemsize


def expect_no_order(rows: Mapped) -> None:
    """Keep the system from reading what follows a row: it would push out what it was asked for."""
    _advise(rows, "MADV_RANDOM", range(len(rows)))


def read_soon(rows: Mapped, places: range) -> None:
    """Have the system read neighbouring rows into its cache; this does not wait for them."""
    _advise(rows, "MADV_WILLNEED", places)


def _advise(rows: Mapped, advice: str, places: range) -> None:
    mapped = rows.base
    if places and isinstance(mapped, mmap.mmap) and hasattr(mmap, advice):
        header = rows.offset % mmap.ALLOCATIONGRANULARITY
        first, stop = (header + row_bytes(rows) * place for place in (places.start, places.stop))
        page = first // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(getattr(mmap, advice), page, stop - page)
