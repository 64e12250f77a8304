"""New rows with old ones among them, so that a model that learns on does not forget."""

from codekiln.errors import ArtifactError
from codekiln.inputs.loader import Rows, RowStore
from codekiln.inputs.permutation import permute

import numpy as np
import numpy.typing as npt


class ReplayedRows:
    """All new rows, and so many of the old ones that they are `share` of the whole.

    What is replayed is drawn evenly from the old rows; where there are too few, they come again (Ibrahim et al.
    2024, "Simple and scalable strategies to continually pre-train large language models", §4).
    """

    def __init__(self, new: RowStore, old: RowStore, share: float, seed: int) -> None:
        """`share` is in 0 … 1, and below 1.

        Raises:
            ArtifactError: old and new rows differ in length.
        """
        if new.length != old.length:
            raise ArtifactError(
                f"The old rows have {old.length} tokens and the new ones {new.length}: set "
                f"inputs.row_length to {old.length}."
            )
        self._new, self._old = new, old
        count = round(len(new) * share / (1 - share))
        places = np.arange(count) % len(old)
        self._drawn = permute(places, len(old), seed, epoch=0)

    def __len__(self) -> int:
        return len(self._new) + len(self._drawn)

    @property
    def length(self) -> int:
        """Predictions a row."""
        return self._new.length

    def __getitem__(self, places: npt.ArrayLike) -> Rows:
        """Rows `[n, length + 1]` at the places given: first all new ones, then the replayed."""
        places = np.atleast_1d(np.asarray(places))
        rows = np.empty((len(places), self.length + 1), dtype=np.int64)
        old = places >= len(self._new)
        if (~old).any():
            rows[~old] = self._new[places[~old]]
        if old.any():
            rows[old] = self._old[self._drawn[places[old] - len(self._new)]]
        return rows
