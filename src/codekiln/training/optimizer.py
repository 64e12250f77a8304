"""Optimisers behind one `step`: Muon for the matrices and AdamW for the rest, or AdamW alone."""

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


class Optimizer:
    """Torch's optimisers of a model's weights as one, with rates that scale and a state that has names."""

    def __init__(self, model: nn.Module, *parts: torch.optim.Optimizer) -> None:
        """Each of `parts` at its full rates."""
        named = model.named_parameters()
        self._names: dict[Tensor, str] = {parameter: name for name, parameter in named}
        self._parts = parts
        self._full = [group["lr"] for group in self._groups()]

    def step(self, scale: float, precision: Precision) -> None:  # noqa: ARG002 - for those who care
        """One update at `scale` times the full rates; gradients, of this `precision`, are cleared."""
        for group, full in zip(self._groups(), self._full, strict=True):
            group["lr"] = full * scale
        for part in self._parts:
            part.step()
            part.zero_grad(set_to_none=True)

    def _groups(self) -> list[dict[str, Any]]:
        return [group for part in self._parts for group in part.param_groups]

    def tensors(self) -> dict[str, Tensor]:
        """The whole state as flat named tensors, `<weight>/<moment>`."""
        return {
            f"{self._names[parameter]}/{key}": torch.as_tensor(value)
            for part in self._parts
            for parameter, state in part.state.items()
            for key, value in state.items()
        }

    def make_room(self, shapes: Mapping[str, Sequence[int]]) -> None:
        """Let `tensors` return tensors of these names and shapes, zeros, which a checkpoint is read into.

        Raises:
            TrainingError: the state belongs to another model.
        """
        owners = {
            name: (parameter, part)
            for part in self._parts
            for group in part.param_groups
            for parameter in group["params"]
            for name in [self._names[parameter]]
        }
        for key, shape in shapes.items():
            name, _, moment = key.partition("/")
            if name not in owners:
                raise TrainingError(f"The checkpoint has a state for {name}, the model has not.")
            parameter, part = owners[name]
            counted = moment == "step"  # of a number AdamW makes no DTensor
            part.state[parameter][moment] = (
                torch.zeros(tuple(shape), device=parameter.device)
                if counted
                else torch.zeros_like(parameter)
            )


class MuonWithAdamW(Optimizer):
    """Muon for every matrix of the layers.

    The embedding, which is a table rather than a map, what stands on the last layer, and the norms take
    AdamW (Loshchilov & Hutter 2019).
    """

    def __init__(self, model: Transformer, learning_rate: float, weight_decay: float) -> None:
        named = dict(model.named_parameters())
        inner = {name: p for name, p in named.items() if name.startswith("model.layers.")}
        matrices = [p for p in inner.values() if p.ndim == 2]
        tables = [p for name, p in named.items() if p.ndim == 2 and name not in inner]
        norms = [p for p in named.values() if p.ndim < 2]
        self._muon = Muon(matrices, lr=learning_rate, weight_decay=weight_decay)
        # Adam's update does not shrink with the width it acts on, so its rate does (as √ of it).
        narrow = math.sqrt(128 / model.config.width)
        adamw = torch.optim.AdamW(
            [
                {"params": tables, "lr": learning_rate * EMBEDDING_SCALE * narrow},
                {"params": norms, "lr": learning_rate * NORM_SCALE},
            ],
            betas=(0.9, 0.95),
            weight_decay=0.0,
            fused=True,
        )
        super().__init__(model, self._muon, adamw)

    def step(self, scale: float, precision: Precision) -> None:
        """As of any; Muon iterates in the type of the gradients."""
        self._muon.iterated = torch.bfloat16 if precision == "bf16" else torch.float32
        super().step(scale, precision)


class OnlyAdamW(Optimizer):
    """AdamW for every weight that is learned, as most models were trained and adapters are.

    Muon on a model that AdamW made gains nothing (Liu et al. 2025, "Muon is scalable for LLM training").
    """

    def __init__(self, model: nn.Module, learning_rate: float, weight_decay: float) -> None:
        learned = [p for p in model.parameters() if p.requires_grad]
        groups = [
            {"params": [p for p in learned if p.ndim == 2], "weight_decay": weight_decay},
            {"params": [p for p in learned if p.ndim < 2], "weight_decay": 0.0},
        ]
        adamw = torch.optim.AdamW(
            [group for group in groups if group["params"]],
            lr=learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        super().__init__(model, adamw)


def clip_gradients(model: nn.Module, limit: float) -> float:
    """Scale all gradients so that their joint norm is at most `limit`; the norm before that."""
    norm = nn.utils.clip_grad_norm_(model.parameters(), limit)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
