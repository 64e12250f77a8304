"""Clusters of near-duplicates: the connected components of all pairs of documents that are alike.

Which copy of a cluster stays is settled in `select`.
"""

import math
from collections.abc import Iterator

import numpy as np

from codekiln.corpus.duplicates.bands import BANDS, Keys
from codekiln.corpus.duplicates.forest import Forest, Numbers
from codekiln.corpus.duplicates.signature import HASHES
from codekiln.corpus.duplicates.sketches import Sketches

WINDOW = 16
BATCH = 4096  # pairs; their signatures take less than 20 MB
DEVIATIONS = 2.5


def near_clusters(sketches: Sketches, threshold: float = 0.7) -> Numbers:
    """For each document the smallest number of its cluster.

    Documents that share the key of a band are compared by their signatures, each with the `WINDOW`
    before it: all pairs of most bands, and in a run of n equal keys no more than n * WINDOW of them;
    what is connected already is not compared again. Memory peaks at about forty bytes a document.
    """
    forest = Forest(len(sketches))
    least = least_matches(threshold)
    for band in range(BANDS):
        for left, right in _candidates(sketches.keys(band)):
            apart = forest.roots(left) != forest.roots(right)
            if not apart.any():
                continue
            left, right = left[apart], right[apart]
            alike = sketches.matches(left, right) >= least
            forest.join(left[alike], right[alike])
    return forest.roots(np.arange(len(sketches)))


def least_matches(threshold: float) -> int:
    """Of `HASHES`, how many two documents must share to be taken for alike.

    The shared ones are binomial, or closer to their mean: at the threshold itself half of all pairs would
    fall below it. From 2.5 standard deviations lower 99 in 100 are found; taken too are then at most half
    of the pairs there, which at 0.7 have a likeness of 0.63, and 1 in 100 of those of 0.55.
    """
    deviation = math.sqrt(threshold * (1 - threshold) / HASHES)
    return math.ceil(HASHES * (threshold - DEVIATIONS * deviation))


def _candidates(keys: Keys) -> Iterator[tuple[Numbers, Numbers]]:
    """Batches of pairs of documents with equal keys; `keys` is overwritten."""
    keys, documents = _runs(keys)
    for distance in range(1, WINDOW + 1):
        found = False
        for start in range(0, len(keys) - distance, BATCH):
            stop = min(start + BATCH, len(keys) - distance)
            equal = keys[start:stop] == keys[start + distance : stop + distance]
            places = start + np.flatnonzero(equal)
            if len(places):
                found = True
                yield documents[places], documents[places + distance]
        if not found:
            return


def _runs(keys: Keys) -> tuple[Keys, Numbers]:
    """The keys that occur more than once, in order, and the documents that have them.

    A document's number takes the place of its key's lowest bits, so that one sort in place brings
    both into order. Keys that agree only for the bits they lost are told apart by the signatures.
    """
    bits = np.uint64(len(keys).bit_length())
    keys >>= bits
    keys <<= bits
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    upper = keys >> bits
    equal = upper[1:] == upper[:-1]
    shared = np.zeros(len(keys), bool)
    shared[1:] |= equal
    shared[:-1] |= equal
    documents = keys[shared] & ~(~np.uint64(0) << bits)
    return upper[shared], documents.view(np.int64)
