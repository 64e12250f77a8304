"""The contract between a decoding loop and what bounds its answer: a mask, one token at a time.

A grammar (`grammar`) and the text at the cursor (`healing`) are two such bounds. How likely the ids
are that a mask leaves is the model's business.
"""

from typing import Protocol

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


class Constraint(Protocol):
    """Which ids may come next, after those it was told of. It bounds one answer, from its start."""

    @property
    def overlap(self) -> int:
        """Bytes at the start of the answer that are the user's own text: they are not shown again."""

    def allowed(self) -> Mask:
        """True for the ids that may come next, `[tokenizer.vocabulary_size]`; never all False."""

    def advance(self, token: int) -> None:
        """`token`, which was allowed, has been generated. Nothing may follow an end token."""

    def copy(self) -> "Constraint":
        """One in the same state that goes its own way, as for another beam."""
