"""What training minimises, as a contract: rows in, a batch with targets, a loss. No optimiser here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from codekiln.model.transformer import Transformer


@dataclass(frozen=True)
class Batch:
    """What one step learns from.

    Every tensor is `[rows, ...]`. `counts` says how many predictions of each kind the *whole* step makes,
    so that the losses of its parts, each divided by them, add up to the mean.
    """

    tensors: Mapping[str, Tensor]
    counts: Mapping[str, int]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def __len__(self) -> int:
        return len(next(iter(self.tensors.values())))

    def parts(self, rows: int) -> Iterator["Batch"]:
        """In parts of at most so many rows; the counts stay those of the whole."""
        for start in range(0, len(self), rows):
            yield self.rows(slice(start, start + rows))

    def rows(self, place: slice) -> "Batch":
        """Some of its rows; the counts stay those of the whole."""
        return replace(self, tensors={name: t[place] for name, t in self.tensors.items()})

    def too_much(self, tokens: int, device: torch.device, table: str) -> str:
        """What to say where `tokens` at once, the most of a part, do not fit the memory of a device.

        `table` is that of the settings.
        """
        return (
            f"{tokens} tokens at once do not fit the memory of {device}: set {table}.micro_tokens to "
            f"{max(1, tokens // 2)}, or {table}.recompute to true, and run it again."
        )

    def to(self, device: torch.device) -> "Batch":
        """The same on another device."""
        tensors = {name: t.to(device, non_blocking=True) for name, t in self.tensors.items()}
        return replace(self, tensors=tensors)


class Objective(Protocol):
    """What a model is to get better at."""

    def prepare(self, rows: Tensor, first: int) -> Batch:
        """Inputs and targets of packed rows `[B, T + 1]`, on the processor.

        `first` is the number of the first row in the run: what is random is drawn from it and a seed,
        row by row, so that a resumed run, or one on more processes, draws the same.
        """

    def loss(self, model: Transformer, batch: Batch) -> Tensor:
        """The batch's share of the step's mean loss, in nats; with a gradient."""
