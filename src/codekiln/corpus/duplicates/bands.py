"""Locality-sensitive hashing: documents that are alike are likely to share the key of some band.

A signature is cut into 42 bands of 6 hashes. Two documents of likeness J share a band with a chance of
J^6, and at least one of the 42 with 1 - (1 - J^6)^42: 0.995 at 0.7, 0.87 at 0.6, 0.16 at 0.4
(Leskovec, Rajaraman & Ullman, "Mining of Massive Datasets", section 3.4.2).
"""

import numpy as np
import numpy.typing as npt

from codekiln.corpus.duplicates.grams import constants
from codekiln.corpus.duplicates.signature import HASHES, Signatures

BANDS = 42
ROWS = HASHES // BANDS

Keys = npt.NDArray[np.uint64]

_FACTORS = constants("bands", ROWS)


def band_keys(signatures: Signatures) -> Keys:
    """The keys `[BANDS, documents]` of signatures `[documents, HASHES]`.

    A key is the sum of a band's hashes, each times a number of its own, modulo 2^64; its upper bits
    are a strongly universal hash of the band (Lemire & Kaser 2014, "Strongly universal string hashing
    is fast", section 3).
    """
    bands = signatures.reshape(-1, BANDS, ROWS).astype(np.uint64)
    return np.ascontiguousarray((bands @ _FACTORS).T)
