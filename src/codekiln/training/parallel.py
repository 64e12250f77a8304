"""One model on several processes: whole in each (DDP, Li et al. 2020) or in shards (FSDP,
Zhao et al. 2023).
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.parallel import DistributedDataParallel

from codekiln.model.bidirectional import new_model
from codekiln.model.transformer import Transformer
from codekiln.training.config import Parallel
from codekiln.training.objective import Batch, Objective
from codekiln.training.world import here

SHARDED_FROM = 1_000_000_000  # weights, of about 16 bytes each with gradient and moments


class Loss(nn.Module):
    """A model's loss as a forward pass, because that is what DDP hooks into."""

    def __init__(self, model: Transformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, objective: Objective, batch: Batch) -> Tensor:
        """As `Objective.loss`."""
        return objective.loss(self.model, batch)


def spread(model: Transformer, parallel: Parallel) -> nn.Module:
    """The `Loss` of a model; its backward pass leaves the mean of all processes' gradients.

    In shards (`fsdp`) the parameters of `model` become DTensors, each process holding some of the rows.
    """
    world, loss = here(), Loss(model)
    if world.size == 1:
        return loss
    if parallel == "fsdp" or (parallel == "auto" and model.config.parameters() >= SHARDED_FROM):
        mesh = init_device_mesh(next(model.parameters()).device.type, (world.size,))
        for block in model.model.layers:
            fully_shard(block, mesh=mesh)
        fully_shard(model, mesh=mesh)
        return loss
    torch._dynamo.config.optimize_ddp = False  # blocks are compiled one by one: nothing to split
    return DistributedDataParallel(loss, gradient_as_bucket_view=True)


def keeping_to_itself(loss: nn.Module) -> AbstractContextManager[None]:
    """Inside, DDP exchanges no gradients: they are to be added up first.

    Shards exchange them all the same, since whole ones would take the memory that sharding saves.
    """
    return loss.no_sync() if isinstance(loss, DistributedDataParallel) else nullcontext()


def whole(model: Transformer) -> Transformer | None:
    """The model in one piece, for the first process alone: itself or, of shards, a copy on the processor.

    All processes must call this.
    """
    first = here().first
    if not isinstance(model, FSDPModule):
        return model if first else None
    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights = get_model_state_dict(model, options=options)
    if not first:
        return None
    with torch.device("meta"):
        copy = new_model(model.config)
    copy.load_state_dict(weights, assign=True)
    return copy
