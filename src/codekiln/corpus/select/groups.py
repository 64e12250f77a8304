"""Every kept document's group: its repository, or a part of one, together with its near-duplicates'."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact
from codekiln.corpus.select.documents import tables
from codekiln.corpus.select.split import Place, group_bytes, group_of, merged
from codekiln.corpus.select.survivors import Numbers, Verdict

NONE = -1


def grouped(
    sources: Sequence[Artifact], verdicts: npt.NDArray[np.int8], clusters: Numbers
) -> tuple[dict[str, int], npt.NDArray[np.int32]]:
    """All groups with their bytes, by name, and each document's place among them (`NONE`: dropped)."""
    kept = verdicts == Verdict.KEPT

    def places() -> Iterator[Place]:
        return (place for _, place in _places(sources, kept))

    sizes = group_bytes(places)
    names = list(sizes)
    place_of = {name: number for number, name in enumerate(names)}
    numbers = np.full(len(verdicts), NONE, np.int32)
    for document, place in _places(sources, kept):
        numbers[document] = place_of[group_of(place, sizes)]
    return _together(sizes, numbers, clusters)


def _places(
    sources: Sequence[Artifact], kept: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Place]]:
    start = 0
    for table in tables(sources, Place._fields):
        stays = kept[start : start + table.num_rows]
        rows = table.filter(stays)
        columns = (rows[name].to_pylist() for name in Place._fields)
        numbers = start + np.flatnonzero(stays)
        for number, row in zip(numbers.tolist(), zip(*columns, strict=True), strict=True):
            yield number, Place(*row)
        start += table.num_rows


def _together(
    sizes: dict[str, int], numbers: npt.NDArray[np.int32], clusters: Numbers
) -> tuple[dict[str, int], npt.NDArray[np.int32]]:
    """Groups that share copies of one text are one group, so that none is on both sides."""
    names = list(sizes)
    kept = np.flatnonzero(numbers != NONE)
    order = kept[np.argsort(clusters[kept], kind="stable")]
    same = np.flatnonzero(clusters[order][1:] == clusters[order][:-1])
    pairs = np.unique(np.stack([numbers[order[same]], numbers[order[same + 1]]], axis=1), axis=0)
    root = merged(sizes, ((names[first], names[second]) for first, second in pairs.tolist()))
    total: Counter[str] = Counter()
    for name, size in sizes.items():
        total[root[name]] += size
    roots = sorted(total)
    place_of = {name: number for number, name in enumerate(roots)}
    moved = np.array([place_of[root[name]] for name in names] + [NONE], np.int32)
    return {name: total[name] for name in roots}, moved[numbers]
