"""What processes do that train together in a test, in a module that they can import."""

import json
import math
from contextlib import suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

from codekiln.errors import TrainingError
from codekiln.inputs import RowStore
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training import learner, loop
from codekiln.training.calibration import Calibration
from codekiln.training.causal import Causal
from codekiln.training.learner import Learner
from codekiln.training.loop import Training
from codekiln.training.masked import Masked
from codekiln.training.muon import Muon
from codekiln.training.next_segment import NextSegment
from codekiln.training.world import here
from model.shapes import GROUPED, random_model


class Recording(Causal):
    """Writes down the rows this process learns from, each behind the number of its step's first row."""

    def __init__(self, out, tokenizer):
        super().__init__(tokenizer.end, tokenizer.special(PADDING))
        self._path, self._first = out / f"rows-{here().rank}.jsonl", 0

    def prepare(self, rows, first=0):
        self._first = first
        return super().prepare(rows, first)

    def loss(self, model, batch):
        if torch.is_grad_enabled():
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(
                    f"{json.dumps([self._first, row])}\n" for row in batch["ids"].tolist()
                )
        return super().loss(model, batch)


class BrokenInOne(Causal):
    """The last of the processes computes no number at its 4th, 5th and 9th part."""

    def __init__(self, out, tokenizer):
        super().__init__(tokenizer.end, tokenizer.special(PADDING))
        self._seen = 0

    def loss(self, model, batch):
        loss = super().loss(model, batch)
        self._seen += torch.is_grad_enabled()
        broken = here().rank == here().size - 1 and self._seen in (4, 5, 9)
        return loss * math.nan if broken and torch.is_grad_enabled() else loss


class Encoding(NextSegment):
    """That of an encoder, whose head of one row is more than two processes can share."""

    def __init__(self, out, tokenizer):
        super().__init__(Masked(tokenizer, seed=0))

    def prepare(self, rows, first):
        flags = rows[:, -1:] % 2
        return super().prepare(torch.cat((rows[:, :-1], flags), dim=1), first)


class OnlyAdamW:
    """AdamW for every weight, instead of Muon for the matrices."""

    def __init__(self, model, learning_rate, weight_decay):
        self._adamw = torch.optim.AdamW(model.parameters(), lr=learning_rate, fused=True)
        self._rate = learning_rate

    def step(self, scale, precision):
        self._adamw.param_groups[0]["lr"] = self._rate * scale
        self._adamw.step()
        self._adamw.zero_grad(set_to_none=True)


def train(given, out, config, steps, objective=Recording, only_adamw=False, until=math.inf):
    """A run of so many steps, or `until` one of them; what the processes did lies in `out`.

    In fp32, and so is Muon's iteration: in bf16 it makes 1e-2 of the last bit in which two sums differ,
    and one process that takes its batch in other parts differs as much.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not here().first:  # whose clock counts for nothing
            patch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: 0.0))
        if only_adamw:
            patch.setattr(learner, "MuonWithAdamW", OnlyAdamW)
        tokenizer = Tokenizer.load(given["tokenizer"].path)
        shape = replace(GROUPED, causal=objective is not Encoding)
        one = Learner(config, random_model(shape).train(), objective(out, tokenizer))
        stores = [RowStore.of(given["inputs"], split) for split in ("train", "held_out")]
        training = Training(one, *stores, Calibration(steps, 1, "fp32", 0.1), out)
        with suppress(KeyboardInterrupt), listening(interrupting_after(until)):
            training.run()


def interrupting_after(steps):
    def listener(event):
        if event.done == steps and not event.finished:
            raise KeyboardInterrupt

    return listener


def step_muon_both_ways(shapes):
    """Three steps on matrices of these shapes, whole and in shards."""
    mesh = init_device_mesh("cpu", (here().size,))

    def in_shards(tensor):
        return distribute_tensor(tensor.clone(), mesh, [Shard(0)])

    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(shape, generator=generator) for shape in shapes]
    whole = [torch.nn.Parameter(matrix.clone()) for matrix in start]
    shards = [torch.nn.Parameter(in_shards(matrix)) for matrix in start]
    optimizers = [Muon(one, lr=0.1, weight_decay=0.1) for one in (whole, shards)]
    for _ in range(3):
        for matrix, shard in zip(whole, shards, strict=True):
            matrix.grad = torch.randn(matrix.shape, generator=generator)
            shard.grad = in_shards(matrix.grad)
        for optimizer in optimizers:
            optimizer.step()
    for before, matrix, shard in zip(start, whole, shards, strict=True):
        assert torch.equal(matrix, shard.full_tensor())
        assert not torch.equal(matrix, before)


def exchange(folder):
    """Each process writes down what it knows of the others."""
    world = here()
    total = int(world.sum(torch.tensor(world.rank)))
    told, gathered = world.told(world.rank), world.gathered(world.rank)
    text = f"{world.rank} of {world.size}, sum {total}, told {told}, gathered {gathered}"
    (folder / str(world.rank)).write_text(text)


def fail(ranks):
    """Some processes run into an error, and the others wait for them."""
    world = here()
    if world.rank in ranks:
        raise TrainingError(f"failure of {world.rank}")
    world.sum(torch.zeros(()))


def sleep(folder):
    """Processes that wait for each other until they are killed."""
    world = here()
    (folder / f"awake-{world.rank}").touch()
    while True:
        world.sum(torch.zeros(()))
