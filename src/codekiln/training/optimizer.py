"""Muon for the matrices, AdamW for the rest, behind one `step`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from codekiln.errors import TrainingError
from codekiln.model.transformer import Transformer
from codekiln.training.config import Precision
from codekiln.training.muon import Muon

EMBEDDING_SCALE = 0.5  # the embedding's rate, as a share of the matrices', at width 128
NORM_SCALE = 0.1


class MuonWithAdamW:
    """Muon for every matrix of the layers.

    The embedding, which is a table rather than a map, what stands on the last layer, and the norms take
    AdamW (Loshchilov & Hutter 2019).
    """

    def __init__(self, model: Transformer, learning_rate: float, weight_decay: float) -> None:
        named = dict(model.named_parameters())
        self._names: dict[Tensor, str] = {parameter: name for name, parameter in named.items()}
        inner = {name: p for name, p in named.items() if name.startswith("model.layers.")}
        matrices = [p for p in inner.values() if p.ndim == 2]
        tables = [p for name, p in named.items() if p.ndim == 2 and name not in inner]
        norms = [p for p in named.values() if p.ndim < 2]
        self._muon = Muon(matrices, lr=learning_rate, weight_decay=weight_decay)
        # Adam's update does not shrink with the width it acts on, so its rate does (as √ of it).
        narrow = math.sqrt(128 / model.config.width)
        self._adamw = torch.optim.AdamW(
            [
                {"params": tables, "lr": learning_rate * EMBEDDING_SCALE * narrow},
                {"params": norms, "lr": learning_rate * NORM_SCALE},
            ],
            betas=(0.9, 0.95),
            weight_decay=0.0,
            fused=True,
        )
        self._full = [group["lr"] for group in self._groups()]

    def step(self, scale: float, precision: Precision) -> None:
        """One update at `scale` times the full learning rates; gradients are cleared.

        `precision` is that of the gradients, and of Muon's iteration.
        """
        self._muon.iterated = torch.bfloat16 if precision == "bf16" else torch.float32
        for group, full in zip(self._groups(), self._full, strict=True):
            group["lr"] = full * scale
        for optimizer in (self._muon, self._adamw):
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def _groups(self) -> list[dict[str, Any]]:
        return [*self._muon.param_groups, *self._adamw.param_groups]

    def tensors(self) -> dict[str, Tensor]:
        """The whole state as flat named tensors, `<weight>/<moment>`."""
        return {
            f"{self._names[parameter]}/{key}": torch.as_tensor(value)
            for optimizer in (self._muon, self._adamw)
            for parameter, state in optimizer.state.items()
            for key, value in state.items()
        }

    def make_room(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Let `tensors` return tensors of these names and shapes, zeros, which a checkpoint is read into.

        Raises:
            TrainingError: the state belongs to another model.
        """
        owners = {
            name: (parameter, optimizer)
            for optimizer in (self._muon, self._adamw)
            for group in optimizer.param_groups
            for parameter in group["params"]
            for name in [self._names[parameter]]
        }
        for key, shape in shapes.items():
            name, _, moment = key.partition("/")
            if name not in owners:
                raise TrainingError(f"The checkpoint has a state for {name}, the model has not.")
            parameter, optimizer = owners[name]
            counted = moment == "step"  # of a number AdamW makes no DTensor
            optimizer.state[parameter][moment] = (
                torch.zeros(tuple(shape), device=parameter.device)
                if counted
                else torch.zeros_like(parameter)
            )


def clip_gradients(model: nn.Module, limit: float) -> float:
    """Scale all gradients so that their joint norm is at most `limit`; the norm before that."""
    norm = nn.utils.clip_grad_norm_(model.parameters(), limit)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
