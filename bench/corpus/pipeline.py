"""The whole pipeline beside datatrove's, on real files of 63 packages in eight languages.

Each run is a process of its own, one after the other, pinned to one core; a core's speed is the bytes that
go in over the processor time of the process and its children. Ours has every rule on. How much the peer
does is in its name, and described in `bench/corpus/peer.py`, each time more than the time before: only the
last does about what ours does, and its scanner for secrets is so slow that the pair with it runs on less.
Ours runs before and after the peers, and once more on all cores.
"""

import tempfile
from pathlib import Path
from statistics import mean

from bench.corpus import rows
from bench.corpus.peer import LEVELS
from bench.corpus.runs import Run, measured

MEGABYTES, MEGABYTES_WITH_SECRETS = 320, 20

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """Ours beside each level of the peer."""
    plain, scanned = LEVELS[:-1], LEVELS[-1:]
    return {
        f"{MEGABYTES} MB": _beside(MEGABYTES, plain),
        f"{MEGABYTES_WITH_SECRETS} MB, with a scanner for secrets": _beside(
            MEGABYTES_WITH_SECRETS, scanned
        ),
    }


def _beside(megabytes: float, levels: tuple[str, ...]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.jsonl")
        size = rows.write(source, megabytes) / 1e6
        before = measured("ours", source, cores=1)
        peers = {
            f"datatrove, {level}": measured("peer", source, level, cores=1) for level in levels
        }
        after = measured("ours", source, cores=1)
        parallel = measured("ours", source)
    ours = Run(*map(mean, zip(before, after, strict=True)))
    found = {"codekiln": ours, **peers, "codekiln, all cores": parallel}
    return [_row(name, size, run, ours) for name, run in found.items()]


def _row(name: str, size: float, run: Run, ours: Run) -> Row:
    return {
        "pipeline": name,
        "MB": f"{size:.0f}",
        "MB/s a core": f"{size / run.cpu:.2f}",
        "MB/s on the clock": f"{size / run.wall:.2f}",
        "memory of a process": f"{run.memory / 1e6:.0f} MB",
        "ours is faster, by core": f"{run.cpu / ours.cpu:.1f}x",
    }
