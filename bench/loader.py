"""Rows from shards ten times as large as the page cache may be, against streaming them from Parquet.

Each reader runs in a process of its own whose memory is limited (a control group of Linux, so this needs
root): what it holds at first, and a tenth of the data besides. Ours draws from windows of 256 blocks of
64 kB, which are from everywhere; the peer, `torch.utils.data` over the Parquet files in turn, shuffles
within a buffer of 4,096 rows, which is what streaming allows. Both read in the process that trains.
How well each mixes is seen from how far apart in the data a row and the next are, as a share of all rows:
a third where every order is as likely.
"""

import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from codekiln.inputs import RowLoader, RowStore

LENGTH, ROWS, SHARDS = 1024, 393_216, 24  # 0.8 GB of 16-bit ids
BATCH, BUFFER, GROUP = 64, 4096, 1024
SECONDS, ROUNDS = 10.0, 3
DIGITS = 3  # a row begins with its number to base 256
WATCHED = 500  # batches whose rows' numbers are read
LIMITS = Path("/sys/fs/cgroup/memory")

Row = dict[str, str]
Reader = Callable[[Path], Iterator[Any]]


def run() -> dict[str, list[Row]]:
    """Rows a second of each reader, in turns, and how well it mixes."""
    with tempfile.TemporaryDirectory(dir=Path("work")) as folder:
        _write(Path(folder))
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in READERS}
        for _ in range(ROUNDS):
            for name in READERS:
                found[name].append(_in_a_process(name, Path(folder)))
    medians = {name: np.median(pairs, axis=0) for name, pairs in found.items()}
    size = ROWS * (LENGTH + 1) * 2
    title = f"{size / 1e9:.1f} GB, page cache of at most {size / 1e10:.2f} GB"
    return {
        title: [
            {
                "reader": name,
                "rows/s": f"{speed:,.0f}",
                "tokens/s": f"{speed * LENGTH:,.0f}",
                "against ours": f"{speed / medians['codekiln'][0]:.2f}x",
                "rows apart": f"{apart:.1%}",
            }
            for name, (speed, apart) in medians.items()
        ]
    }


def _write(folder: Path) -> None:
    generator = np.random.default_rng(0)
    for shard in range(SHARDS):
        # Half of the bits are free: compressed, rows of code take a little less than half too.
        rows = generator.integers(0, 256, (ROWS // SHARDS, LENGTH + 1), dtype=np.uint16)
        numbers = np.arange(shard * len(rows), (shard + 1) * len(rows))
        rows[:, :DIGITS] = numbers[:, None] >> np.array([16, 8, 0]) & 255
        np.save(folder / f"train-{shard:05d}.npy", rows, allow_pickle=False)
        column = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), LENGTH + 1)
        table = pa.table({"ids": column})
        pq.write_table(
            table, folder / f"{shard:05d}.parquet", row_group_size=GROUP, compression="zstd"
        )


def ours(folder: Path) -> Iterator[Any]:
    """Batches in the order of `codekiln.inputs.order`."""
    loader = RowLoader(RowStore(sorted(folder.glob("*.npy"))), BATCH, seed=0)
    while True:
        yield torch.from_numpy(loader.next_batch())


def peer(folder: Path) -> Iterator[Any]:
    """Batches of a stream with a shuffle buffer."""
    data = _Stream(sorted(folder.glob("*.parquet")))
    while True:
        yield from torch.utils.data.DataLoader(data, batch_size=BATCH, drop_last=True)


class _Stream(torch.utils.data.IterableDataset):  # type: ignore[type-arg]
    def __init__(self, files: list[Path]) -> None:
        self._files = files

    def __iter__(self) -> Iterator[torch.Tensor]:
        random, buffer = Random(0), []
        for path in self._files:
            for group in pq.ParquetFile(path).iter_batches(GROUP):
                values = group.column("ids").values.to_numpy().reshape(-1, LENGTH + 1)
                for row in values.astype(np.int64):
                    if len(buffer) < BUFFER:
                        buffer.append(row)
                        continue
                    place = random.randrange(BUFFER)
                    yield torch.from_numpy(buffer[place])
                    buffer[place] = row


READERS: dict[str, Reader] = {"codekiln": ours, "torch.utils.data over Parquet": peer}


def _in_a_process(name: str, folder: Path) -> tuple[float, float]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_speed_and_mixing, (name, folder))


def _speed_and_mixing(name: str, folder: Path) -> tuple[float, float]:
    batches = READERS[name](folder)
    next(batches)
    with _limited(ROWS * (LENGTH + 1) * 2 // 10, folder):
        rows, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            rows += len(next(batches))
        speed = rows / (time.perf_counter() - start)
        numbers = torch.cat([_numbers(next(batches)) for _ in range(WATCHED)])
    return speed, float(numbers.diff().abs().double().mean()) / ROWS


def _numbers(rows: torch.Tensor) -> torch.Tensor:
    return rows[:, :DIGITS] @ torch.tensor([1 << 16, 1 << 8, 1])


@contextmanager
def _limited(cache: int, folder: Path) -> Iterator[None]:
    """This process may keep what it holds and `cache` bytes more; nothing of `folder` is cached yet."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    group = LIMITS / f"codekiln-{os.getpid()}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(held + cache))
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield
    finally:
        (LIMITS / "cgroup.procs").write_text(str(os.getpid()))
        group.rmdir()
