"""The processes that train one model together: who am I, how many are we, on what do we agree.

`torchrun` starts them and tells each its place in environment variables. A process on its own is a world
of one, where every exchange gives back what it was given: nobody needs to ask whether there are others.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from codekiln.errors import CodekilnError, TrainingError, UsageError

PLACE = {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}  # set by torchrun

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """This process among those of the run. All of them must call an exchange, in the same order."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and speaks for all."""
        return self.rank == 0

    def share(self, count: int) -> slice:
        """Which of the `count` rows of a step this process takes.

        Raises:
            TrainingError: they cannot be shared evenly.
        """
        each, left = divmod(count, self.size)
        if left:
            raise TrainingError(
                f"A step of {count} rows cannot be shared evenly among {self.size} processes: set "
                "model.batch_tokens so that it can, or start another number of them."
            )
        return slice(self.rank * each, (self.rank + 1) * each)

    def sum(self, tensor: Tensor) -> Tensor:
        """Of the tensors of all, in place; the same bits for everyone."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def told(self, value: T) -> T:
        """What the first process passes here; the others' values count for nothing."""
        values = [value]
        if self.size > 1:
            dist.broadcast_object_list(values, src=0)
        return values[0]

    def gathered(self, value: T) -> list[T]:
        """What each process passes here, by rank."""
        values = [value] * self.size
        if self.size > 1:
            dist.all_gather_object(values, value)
        return values


def here() -> World:
    """The world that `joined` opened, or that of this process alone."""
    if not (dist.is_available() and dist.is_initialized()):
        return World()
    return World(dist.get_rank(), dist.get_world_size())


@contextmanager
def joined() -> Iterator[World]:
    """Meet the processes that `torchrun` started, if it did, and part from them at the end.

    If some of them fail, only the first to do so raises; the others leave without a word, because what they
    would say is that it is gone. `torchrun` ends those that still wait for it.

    Raises:
        UsageError: there are more processes on this machine than GPUs.
        TrainingError: another process was killed, and so could not say why.
    """
    if not os.environ.keys() >= PLACE:
        yield World()
        return
    store = _meet()
    try:
        yield here()
    except Exception as error:
        if not _first_to_fail(store):
            raise SystemExit(getattr(error, "exit_code", 1)) from None
        if isinstance(error, CodekilnError) or not _lost_another(error):
            raise
        raise TrainingError(
            "Another process of this run was ended: run the same command again, it goes on from the last "
            "checkpoint."
        ) from error
    dist.destroy_process_group()


def _meet() -> Store:
    on_gpu = torch.cuda.is_available()
    if on_gpu:
        place, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if place >= gpus:
            raise UsageError(
                f"There are {gpus} GPUs here: start torchrun with --nproc-per-node {gpus}."
            )
        torch.cuda.set_device(place)
    found, rank, size = next(rendezvous("env://"))
    # torchrun keeps one store when it starts workers again, with what the dead ones left in it.
    store = PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", found)
    backend = "cpu:gloo,cuda:nccl" if on_gpu else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size)
    # One that fails before all others have met would leave those waiting for each other.
    dist.barrier()
    return store


def _first_to_fail(store: Store) -> bool:
    try:
        return store.add("failed", 1) == 1
    except RuntimeError:  # the store went down with the process that kept it
        return True


def _lost_another(error: Exception) -> bool:
    return isinstance(error, dist.DistError) or "gloo" in str(error).lower()
