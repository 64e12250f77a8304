"""What is put around a model's layers. The layers themselves, and the model, stay what they are."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from codekiln.model.lora.shape import LoraShape


class LoraLinear(nn.Module):
    """A linear layer with one of low rank beside it: x Wᵀ + (alpha / rank) · (x Aᵀ) Bᵀ.

    (Hu et al. 2021, §4.1.) B is zero at first, so that nothing changes; A is drawn as PEFT draws it.
    """

    def __init__(self, base_layer: nn.Linear, shape: LoraShape) -> None:
        super().__init__()
        self.base_layer = base_layer.requires_grad_(False)
        self.scale = shape.scale
        device = base_layer.weight.device
        self.lora_A = nn.Linear(base_layer.in_features, shape.rank, bias=False, device=device)
        self.lora_B = nn.Linear(shape.rank, base_layer.out_features, bias=False, device=device)
        nn.init.kaiming_uniform_(self.lora_A.weight, a=math.sqrt(5))
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, x: Tensor) -> Tensor:
        """`[..., in]` to `[..., out]`."""
        return self.base_layer(x) + self.scale * self.lora_B(self.lora_A(x))


class TunedRows(nn.Module):
    """A table of tokens `[V, C]`, some rows of which are learned instead of the table's own.

    It stands for an embedding, and for an output layer that is not the same: both have a `weight`.
    """

    def __init__(self, base_layer: nn.Embedding | nn.Linear, tokens: tuple[int, ...]) -> None:
        super().__init__()
        self.base_layer = base_layer.requires_grad_(False)
        table = base_layer.weight
        self.places: Tensor
        self.tokens: Tensor
        own = torch.tensor(tokens, device=table.device)
        places = torch.full((len(table),), -1, device=table.device)
        places[own] = torch.arange(len(own), device=table.device)
        self.register_buffer("tokens", own, persistent=False)
        self.register_buffer("places", places, persistent=False)
        self.rows = nn.Parameter(table.detach()[own].clone())

    def forward(self, ids: Tensor) -> Tensor:
        """`[B, T]` to `[B, T, C]`, the rows of these tokens."""
        place = self.places[ids]
        own = F.embedding(place.clamp(min=0), self.rows)
        return torch.where((place >= 0).unsqueeze(-1), own, self.base_layer(ids))

    @property
    def weight(self) -> Tensor:
        """The whole table, with a gradient for the rows that are learned."""
        return self.base_layer.weight.index_copy(0, self.tokens, self.rows)
