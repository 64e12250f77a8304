"""For each pair another one, whose second half is to stand in the place of its own."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Draws = npt.NDArray[np.float64]

NOBODY = -1


def partners(files: Keys, groups: Sequence[Keys], generator: np.random.Generator) -> Numbers:
    """The number of a pair of another file and the same group, drawn evenly; `NOBODY` if there is none.

    `files` names the file of each pair, and each of `groups` something that pairs have in common; the
    first that has one decides.
    """
    found = np.full(len(files), NOBODY)
    for group in groups:
        drawn = _drawn(files, group, generator.random(len(files)))
        found = np.where(found == NOBODY, drawn, found)
    return found


def _drawn(files: Keys, groups: Keys, draws: Draws) -> Numbers:
    """In the order of group and file, the others of a group are what is left and right of a file."""
    order = np.lexsort((files, groups))
    group_start, group_stop = _runs(groups[order])
    file_start, file_stop = _runs(groups[order], files[order])
    own = file_stop - file_start
    others = group_stop - group_start - own
    place = group_start + (draws[order] * others).astype(np.int64)
    place += np.where(place < file_start, 0, own)
    found = np.full(len(files), NOBODY)
    lucky = others > 0
    found[order[lucky]] = order[place[lucky]]
    return found


def _runs(*keys: Keys) -> tuple[Numbers, Numbers]:
    """Of each element of sorted keys, where the run of its like begins and where it ends."""
    size = len(keys[0])
    changes = np.ones(size, np.bool_)
    changes[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    starts = np.flatnonzero(changes)
    run = np.cumsum(changes) - 1
    return starts[run], np.append(starts[1:], size)[run]
