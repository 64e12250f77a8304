"""Which documents stay: the best copies of each cluster, and no repository beyond its cap.

The rule among copies is the licence that is clearest, then the newest, then the longest, then the
recipe's order.
"""

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from codekiln.corpus.select.documents import Figures

Numbers = npt.NDArray[np.int64]


class Verdict(IntEnum):
    """What becomes of a document."""

    KEPT = 0
    DUPLICATE = 1
    NEAR_DUPLICATE = 2
    REPOSITORY_CAP = 3

    @property
    def reason(self) -> str:
        """As rejections name it."""
        return self.name.lower().replace("_", "-")


def equal_clusters(figures: Figures) -> Numbers:
    """For each document the smallest number of those with the same content."""
    _, first, inverse = np.unique(figures.sha256, return_index=True, return_inverse=True)
    smallest: Numbers = first[inverse].astype(np.int64)
    return smallest


def joined(equal: Numbers, near: Numbers) -> Numbers:
    """Clusters by content and by likeness; texts too short to be alike are joined by content alone."""
    return np.where(near == np.arange(len(near)), equal, near)


def best_copies(
    figures: Figures, equal: Numbers, clusters: Numbers, copies: int
) -> tuple[npt.NDArray[np.int8], Numbers]:
    """The verdict on each document, and the number of its cluster's best one.

    At most `copies` stay of a cluster, and no two of the same content.
    """
    order = np.lexsort((-figures.bytes, -figures.time, figures.clearness, clusters))
    cluster = clusters[order]
    starts = np.flatnonzero(np.r_[True, cluster[1:] != cluster[:-1]])
    lengths = np.diff(np.r_[starts, len(order)])
    distinct = np.zeros(len(order), bool)
    distinct[np.unique(equal[order], return_index=True)[1]] = True
    rank = np.cumsum(distinct)
    rank -= np.repeat(rank[starts] - distinct[starts], lengths)  # from 1 within each cluster
    stays = distinct & (rank <= copies)
    kept = np.zeros(len(order), bool)
    kept[order] = stays
    verdicts = np.full(len(order), Verdict.NEAR_DUPLICATE, np.int8)
    verdicts[np.isin(equal, equal[kept])] = Verdict.DUPLICATE
    verdicts[kept] = Verdict.KEPT
    best = np.empty(len(order), np.int64)
    best[order] = np.repeat(order[starts], lengths)
    return verdicts, best


def cap_repositories(figures: Figures, verdicts: npt.NDArray[np.int8], most: int) -> None:
    """Turn away what is over `most` bytes of one repository, in the order of content hashes."""
    kept = np.flatnonzero(verdicts == Verdict.KEPT)
    order = kept[np.lexsort((figures.sha256[kept], figures.repository[kept]))]
    repository, size = figures.repository[order], figures.bytes[order]
    if not len(order):
        return
    starts = np.flatnonzero(np.r_[True, repository[1:] != repository[:-1]])
    total = np.cumsum(size)
    before = np.repeat((total - size)[starts], np.diff(np.r_[starts, len(order)]))
    verdicts[order[total - before > most]] = Verdict.REPOSITORY_CAP
