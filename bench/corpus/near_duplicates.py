"""Near-duplicates: speed beside two peers on the same real files, and what each finds of planted copies.

Each tool reads one Parquet file, finds the
clusters and writes the first document of each to another; ours runs before and after each peer.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from random import Random
from statistics import median

import numpy as np
from bench.corpus.near_duplicate_peers import peers
from bench.corpus.planted_copies import LEVELS, Copy, grams, likeness, real_files, with_copies
from bench.corpus.text_table import BATCH, Clusters, Tool, batches, write_firsts, write_table

from codekiln.corpus.duplicates import (
    Sketches,
    near_clusters,
    signatures,
    token_hashes,
    write_sketches,
)

MEGABYTES, COPIES = 20, 100  # of real files; planted ones of each likeness
SHARD = 512  # documents, as in the pipeline
SAMPLE, ALIKE = 300, 0.6  # joined documents that are checked, and how alike they should be


@dataclass(frozen=True)
class Run:
    """What one run gave, in seconds on the clock and of the processor."""

    wall: float
    cpu: float
    clusters: Clusters


def codekiln(source: Path, work: Path) -> Clusters:
    """Ours, as the pipeline has it."""
    rows = (signatures([token_hashes(text) for text in batch]) for batch in batches(source))
    shards = []
    for number, group in groupby(enumerate(rows), lambda item: item[0] * BATCH // SHARD):
        shards.append(work / f"sketches-{number:05d}.npy")
        write_sketches(shards[-1], np.concatenate([signature for _, signature in group]))
    clusters: Clusters = near_clusters(Sketches(shards)).tolist()
    write_firsts(source, work, clusters)
    return clusters


def run() -> dict[str, list[dict[str, str]]]:
    """A row for each tool; how many times ours is faster is told in seconds of the processor."""
    documents, copies = with_copies(real_files(MEGABYTES), COPIES)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "documents.parquet")
        write_table(source, documents)
        _run(codekiln, source)  # what is imported or allocated once
        pairs = {name: _pair(source, peer) for name, peer in peers().items()}
    typical = _median([our for our, _ in pairs.values()])
    size = sum(len(text.encode()) for text in documents) / 1e6
    table = {"codekiln": (typical, typical), **pairs}
    return {
        "speed, and copies found": [
            {
                "tool": name,
                "documents": str(len(documents)),
                "MB": f"{size:.1f}",
                "MB/s a core": f"{size / tool.cpu:.2f}",
                "MB/s on the clock": f"{size / tool.wall:.2f}",
                "ours is faster": f"{tool.cpu / our.cpu:.1f}x",
                **found(tool.clusters, documents, copies),
            }
            for name, (our, tool) in table.items()
        ]
    }


def _pair(source: Path, peer: Tool) -> tuple[Run, Run]:
    """Ours, run before and after the peer, and the peer's."""
    before, theirs, after = (_run(tool, source) for tool in (codekiln, peer, codekiln))
    return _median([before, after]), theirs


def _median(runs: list[Run]) -> Run:
    wall, cpu = (median(getattr(run, name) for run in runs) for name in ("wall", "cpu"))
    return Run(wall, cpu, runs[0].clusters)


def _run(tool: Tool, source: Path) -> Run:
    with tempfile.TemporaryDirectory() as work:
        wall, cpu = time.perf_counter(), time.process_time()
        clusters = tool(source, Path(work))
        return Run(time.perf_counter() - wall, time.process_time() - cpu, clusters)


def found(clusters: Clusters, documents: list[str], copies: list[Copy]) -> dict[str, str]:
    """How well a tool did."""
    recalls = {f"recall {level:.2f}": f"{recall(clusters, copies, level):.2f}" for level in LEVELS}
    return {
        **recalls,
        "removed": str(len(documents) - len(set(clusters))),
        "precision": f"{precision(clusters, documents):.3f}",
    }


def recall(clusters: Clusters, copies: Sequence[Copy], level: float) -> float:
    """The share of a level's copies that are in their original's cluster."""
    hits = [
        clusters[copy.original] == clusters[copy.copy] for copy in copies if copy.level == level
    ]
    return sum(hits) / len(hits)


def precision(clusters: Clusters, documents: list[str]) -> float:
    """Of a sample of joined documents: the share with another in their cluster that is truly alike."""
    members: dict[int, list[int]] = {}
    for number, cluster in enumerate(clusters):
        members.setdefault(cluster, []).append(number)
    joined = [number for number, cluster in enumerate(clusters) if len(members[cluster]) > 1]
    sets = cache(lambda number: grams(documents[number]))
    sample = Random(0).sample(joined, min(SAMPLE, len(joined)))
    good = [
        any(
            likeness(sets(number), sets(other)) >= ALIKE
            for other in members[clusters[number]]
            if other != number
        )
        for number in sample
    ]
    return sum(good) / max(1, len(good))
