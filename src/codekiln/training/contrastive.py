"""Contrastive learning: what a function's documentation says, and what the function does, come together."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from codekiln.errors import TrainingError
from codekiln.inputs.formats import DOCUMENTATION
from codekiln.model.bidirectional import Bidirectional, apart
from codekiln.model.transformer import Transformer
from codekiln.training.objective import Batch

TEMPERATURE = 0.05  # as in SimCSE (Gao et al. 2021, §3)
GROUPS, STEP = (
    4,
    32,
)  # of rows, by their length; it is a multiple, for each one is compiled anew on a GPU


class Contrastive:
    """Implements `Objective` for rows of documentation, function, and a number for its name.

    The loss is InfoNCE (van den Oord et al. 2018, eq. 4) in both directions, with all others of the step
    as negatives, but for those of the same name or the same documentation.
    """

    def __init__(self, padding: int) -> None:
        self._padding = padding

    def prepare(self, rows: Tensor, first: int = 0) -> Batch:  # noqa: ARG002 - nothing is random
        """`texts` `[B, 64]`, `functions` `[B, T - 64]` and `names` `[B]`."""
        tensors = {
            "texts": rows[:, :DOCUMENTATION],
            "functions": rows[:, DOCUMENTATION:-1],
            "names": rows[:, -1],
        }
        return Whole(tensors, {"pairs": len(rows)})

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """Nats that it costs to tell which function belongs to a text, and which text to a function."""
        texts, functions = (self._embedded(model, batch[side]) for side in ("texts", "functions"))
        with torch.autocast(texts.device.type, enabled=False):
            likeness = texts @ functions.T / TEMPERATURE
        likeness = likeness.masked_fill(same(batch["texts"], batch["names"]), -torch.inf)
        right = torch.arange(len(likeness), device=likeness.device)
        ways = (F.cross_entropy(side, right, reduction="sum") for side in (likeness, likeness.T))
        return sum(ways, torch.zeros((), device=likeness.device)) / (2 * batch.counts["pairs"])

    def _embedded(self, model: Transformer, ids: Tensor) -> Tensor:
        """Vectors `[B, C]`; rows of about one length go together, without most of their padding."""
        assert isinstance(model, Bidirectional)
        lengths = (ids != self._padding).sum(dim=1)
        order = lengths.argsort(stable=True)
        vectors = []
        for some in order.chunk(GROUPS):
            longest = int(lengths[some[-1]])
            own = ids[some, : -(-longest // STEP) * STEP]
            vectors.append(model.pooled(model(own, apart(own, self._padding)), own, self._padding))
        return torch.cat(vectors)[order.argsort()]


def same(texts: Tensor, names: Tensor) -> Tensor:
    """Which pairs, not being one, are no negatives of each other: `[B, B]`, true for these."""
    names_agree = names[:, None] == names
    texts_agree = (texts[:, None] == texts).all(dim=2)
    return (names_agree | texts_agree).fill_diagonal_(False)


class Whole(Batch):
    """A batch that is not taken apart: each of its rows is a negative of every other."""

    def parts(self, rows: int) -> Iterator[Batch]:  # noqa: ARG002
        """All of it."""
        yield self

    def rows(self, place: slice) -> Batch:
        """All of it again.

        Raises:
            TrainingError: several processes were to share it.
        """
        if place != slice(0, len(self)):
            raise TrainingError(
                "Each pair of a step is compared with every other, so several processes cannot share them: "
                "start it without torchrun."
            )
        return self

    def too_much(self, tokens: int, device: torch.device, table: str) -> str:  # noqa: ARG002
        """Only a smaller one helps."""
        return (
            f"{len(self)} functions at once do not fit the memory of {device}: set encoder.pairs to "
            f"{max(2, len(self) // 2)} and run it again."
        )
