"""The contract between a network and everything that chooses tokens: ids in, logits out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Logits = npt.NDArray[np.float32]


class Engine(Protocol):
    """A causal network with a cache of keys and values that forks and rewinds.

    The cache holds one or more sequences of equal length, one a batch row.
    """

    @property
    def stride(self) -> int:
        """Steps of one row cost the same up to a multiple of so many tokens."""

    @property
    def context(self) -> int:
        """Most tokens a sequence may have."""

    @property
    def vocabulary(self) -> int:
        """Number of ids, which is the last dimension of all logits."""

    @property
    def length(self) -> int:
        """Tokens now in the cache, in each row."""

    def prefill(self, ids: Ids) -> Logits:
        """Forget everything and read `ids[batch, n]`; logits `[batch, vocab]` after the last one."""

    def read(self, ids: Ids) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, vocab]` after the last one."""

    def step(self, ids: Ids, last: int | None = None) -> Logits:
        """Read `ids[batch, n]` more; logits `[batch, last, vocab]` after the last of them, or all."""

    def fork(self, parents: Sequence[int]) -> None:
        """Row `i` becomes a copy of row `parents[i]`; the batch becomes `len(parents)`."""

    def rewind(self, n: int) -> None:
        """Forget the last `n` tokens of every row."""

    def twin(self) -> "Engine":
        """Another engine on the same weights, with an empty cache of its own."""
