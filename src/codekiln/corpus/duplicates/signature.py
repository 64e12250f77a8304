"""Signatures: 252 numbers a document, of which two documents share as many as they are alike.

Likeness is the Jaccard index of two documents' sets of 5-grams of code tokens. The signature is that of
Dahlgaard, Knudsen & Thorup 2017, "Fast similarity sketching": as unbiased as MinHash and at least as
exact, but a gram is hashed once or twice where MinHash hashes it 252 times.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codekiln.corpus.duplicates.grams import constants, grams
from codekiln.corpus.duplicates.tokens import Numbers, mix

HASHES = 252
TURNS = 4

Signatures = npt.NDArray[np.uint32]

_EMPTY = ~np.uint64(0)
_HALF = np.uint64(32)
_LOWER = np.uint64(2**32 - 1)
_SEEDS = constants("turns", TURNS + HASHES)


def signatures(documents: Sequence[Numbers]) -> Signatures:
    """The signatures `[documents, HASHES]` of documents given as the hashes of their tokens.

    In each turn a gram falls into one column, by chance, and takes it with the lowest number if no turn
    before has filled it; what stays empty, in short documents, is contested by all grams. Who takes a
    column depends on nothing but the set of grams, and each is as likely as the other: so two documents
    have the same in a column with a chance of their likeness.
    """
    numbers, counts = grams(documents)
    rows = np.full((len(documents), HASHES), _EMPTY)
    thrown, owners = numbers, np.repeat(np.arange(len(documents)), counts)
    for turn in range(TURNS):
        _throw(rows, thrown, owners, turn)
        lacking = (rows == _EMPTY).any(axis=1)
        again = lacking[owners]
        thrown, owners = thrown[again], owners[again]
    ends = np.cumsum(counts)
    for document in np.flatnonzero(lacking):
        _contest(rows[document], numbers[ends[document] - counts[document] : ends[document]])
    return rows.astype(np.uint32)


def _throw(rows: Numbers, thrown: Numbers, owners: npt.NDArray[np.int64], turn: int) -> None:
    """One turn: the upper half of a gram's hash chooses the column, the lower is its number there."""
    hashes = mix(thrown + _SEEDS[turn])
    columns = (hashes >> _HALF) * np.uint64(HASHES) >> _HALF
    hashes &= _LOWER
    hashes |= np.uint64(turn) << _HALF  # what an earlier turn has put there is lower
    np.minimum.at(rows.reshape(-1), owners * HASHES + columns.view(np.int64), hashes)


def _contest(row: Numbers, thrown: Numbers) -> None:
    """Fill the empty columns of one row, in each of which every gram has a hash of its own."""
    columns = np.flatnonzero(row == _EMPTY)
    row[columns] = mix(np.unique(thrown)[:, None] + _SEEDS[TURNS + columns]).min(axis=0)
