"""A model with an adapter around its layers: a new one to be trained, or one that was read."""

import torch
from torch import Tensor, nn

from codekiln.model.lora.adapter import Adapter
from codekiln.model.lora.layers import LoraLinear, TunedRows
from codekiln.model.lora.shape import TUNED_ROWS, LoraShape, matrices, tables
from codekiln.model.transformer import Transformer
from codekiln.model.weights import empty_model


def wrap(model: Transformer, shape: LoraShape) -> None:
    """Put a new adapter around the layers of `model`, in place; nothing else of it is learned then."""
    model.requires_grad_(False)
    for name in matrices(model.config):
        owner, _, kind = name.rpartition(".")
        if kind in shape.targets:
            parent = model.get_submodule(owner)
            setattr(parent, kind, LoraLinear(getattr(parent, kind), shape))
    if shape.tokens:
        for name in tables(model.config):
            owner, _, kind = name.rpartition(".")
            parent = model.get_submodule(owner)
            setattr(parent, kind, TunedRows(getattr(parent, kind), shape.tokens))


def adapted(model: Transformer, adapter: Adapter) -> Transformer:
    """Another model in the memory of `model`, with an adapter around: many can share one base."""
    other = empty_model(model.config)
    other.load_state_dict(model.state_dict(), assign=True)
    wrap(other, adapter.shape)
    with torch.no_grad():
        for name, tensor in adapter_tensors(other).items():
            tensor.copy_(torch.from_numpy(adapter.arrays[name]))
    return other.requires_grad_(False).eval()


def adapter_tensors(model: nn.Module) -> dict[str, Tensor]:
    """The adapter around a model, by the names of `LoraShape.shapes`; the tensors themselves."""
    found = {}
    for name, module in model.named_modules():
        if isinstance(module, LoraLinear):
            found[f"{name}.lora_A.weight"] = module.lora_A.weight
            found[f"{name}.lora_B.weight"] = module.lora_B.weight
        elif isinstance(module, TunedRows):
            found[f"{name}.{TUNED_ROWS}"] = module.rows
    return found
