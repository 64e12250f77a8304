"""A keyed permutation of 0 … n-1 that is computed, not stored.

A Feistel network on the smallest even number of bits that holds n, walked along its cycle until it
falls inside (Black & Rogaway 2002, "Ciphers with arbitrary finite domains", §3 and §5).
"""

import numpy as np
import numpy.typing as npt

ROUNDS = 6
Positions = npt.NDArray[np.uint64]


def permute(positions: npt.ArrayLike, n: int, *key: int) -> npt.NDArray[np.int64]:
    """Where each of `positions` (in 0 … n-1) goes; one-to-one for each key, which is one number or more.

    >>> sorted(permute(range(5), 5, 1, 0).tolist())
    [0, 1, 2, 3, 4]
    """
    half = max(1, ((n - 1).bit_length() + 1) // 2)
    state = np.random.SeedSequence(key).generate_state(ROUNDS, np.uint64)
    keys = state.astype(np.uint64)
    values = _feistel(np.asarray(positions, dtype=np.uint64), half, keys)
    outside = values >= n
    while outside.any():
        values[outside] = _feistel(values[outside], half, keys)
        outside = values >= n
    return values.astype(np.int64)


def _feistel(values: Positions, half: int, keys: Positions) -> Positions:
    low = np.uint64((1 << half) - 1)
    left, right = values >> np.uint64(half), values & low
    for key in keys:
        left, right = right, left ^ (_mix(right ^ key) & low)
    return (left << np.uint64(half)) | right


def _mix(values: Positions) -> Positions:
    """The finaliser of splitmix64 (Steele et al. 2014), in arithmetic modulo 2^64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
