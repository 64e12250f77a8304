"""Muon (Jordan et al. 2024): the momentum of a matrix, made orthogonal, is its update.

The same rule as `torch.optim.Muon`, but matrices of one shape go through the iteration together: a model
of many layers then costs a handful of products a step instead of hundreds. The iteration is computed in
the type that the model is: in bf16 it is good enough to learn by, in fp32 several processes agree with one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from codekiln.training.exchange import on_whole

A, B, C = 3.4445, -4.7750, 2.0315  # of the quintic iteration (Jordan et al. 2024)
ITERATIONS = 5
SMALLEST = 1e-7


class Muon(torch.optim.Optimizer):
    """For matrices `[out, in]` only; keeps one momentum a matrix.

    `iterated` is the type of the iteration; whoever takes a step may set it before.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self.iterated = torch.bfloat16

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient; `closure` is not used."""
        assert closure is None
        for group in self.param_groups:
            self._update([p for p in group["params"] if p.grad is not None], group)

    def _update(self, matrices: list[nn.Parameter], group: dict[str, Any]) -> None:
        if not matrices:
            return
        momentum, rate = group["momentum"], group["lr"]
        weights = [_held(p) for p in matrices]
        gradients = [_held(p.grad) for p in matrices if p.grad is not None]
        buffers = [_held(self._momentum(p)) for p in matrices]
        torch._foreach_lerp_(buffers, gradients, 1 - momentum)
        nesterov = torch._foreach_lerp(gradients, buffers, momentum)
        updates = _orthogonal_shards([n.to(self.iterated) for n in nesterov], matrices)
        if group["weight_decay"]:
            torch._foreach_mul_(weights, 1 - rate * group["weight_decay"])
        # A tall matrix must move further for its outputs to move as far.
        scales = [rate * max(1.0, p.shape[0] / p.shape[1]) ** 0.5 for p in matrices]
        for weight, update, scale in zip(weights, updates, scales, strict=True):
            weight.add_(update.to(weight.dtype), alpha=-scale)

    def _momentum(self, parameter: nn.Parameter) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        buffer: Tensor = state["momentum_buffer"]
        return buffer


def _held(tensor: Tensor) -> Tensor:
    """What this process holds of it: some of its rows, if it is in shards."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _orthogonal_shards(shards: list[Tensor], matrices: list[nn.Parameter]) -> list[Tensor]:
    """`orthogonal`, also of matrices of which this process holds some rows."""
    like: list[DTensor] = [matrix for matrix in matrices if isinstance(matrix, DTensor)]
    if not like:
        return orthogonal(shards)
    return on_whole(orthogonal, shards, like)


def orthogonal(matrices: list[Tensor]) -> list[Tensor]:
    """The nearest orthogonal matrix of each, about: all singular values come near 1.

    Newton–Schulz in their own type; matrices whose shapes are equal or each other's transposes go together.
    """
    together = defaultdict(list)
    for place, matrix in enumerate(matrices):
        together[min(matrix.shape), max(matrix.shape)].append(place)
    found: dict[int, Tensor] = {}
    for places in together.values():
        wide = [_wide(matrices[place]) for place in places]
        for place, result in zip(places, _newton_schulz(torch.stack(wide)), strict=True):
            found[place] = _wide(result, like=matrices[place])
    return [found[place] for place in range(len(matrices))]


def _wide(matrix: Tensor, like: Tensor | None = None) -> Tensor:
    """The matrix or its transpose, whichever has no more rows than columns; back for a tall `like`."""
    shape = (matrix if like is None else like).shape
    return matrix.T if shape[0] > shape[1] else matrix


def _newton_schulz(x: Tensor) -> Tensor:
    """Of `[n, rows, columns]` at once, rows ≤ columns."""
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=SMALLEST)
    for _ in range(ITERATIONS):
        gram = x @ x.transpose(1, 2)
        polynomial = torch.baddbmm(gram, gram, gram, beta=B, alpha=C)
        x = torch.baddbmm(x, polynomial, x, beta=A)
    return x
