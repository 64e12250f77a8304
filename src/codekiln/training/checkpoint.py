"""Checkpoints: everything a killed run needs to go on to the bit. Seen whole or not at all.

A checkpoint is a folder `step-<n>/`. Torch's distributed checkpoint writes the tensors there, each process
its share of them, as safetensors; `position.json` comes last, with the digests of all files. Whoever reads
it may be another number of processes.
"""

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import (
    HuggingFaceStorageReader,
    HuggingFaceStorageWriter,
)
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from codekiln.artifact import describe, discard, disk_errors, read_sealed, write_sealed
from codekiln.errors import ArtifactError, TrainingError
from codekiln.training.world import here

KEEP = 2
POSITION, TENSORS = "position.json", "*.safetensors"

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Position:
    """Where a run stands: steps done, rows given out by the loader, seconds spent.

    Besides, the last loss on held-out rows, the least one with its step and how many looks it is ago, and
    what the guard knows: steps passed over, and the losses it compares with.
    """

    step: int
    loader: int
    seconds: float
    held_out_loss: float = math.inf
    best_loss: float = math.inf
    best_step: int = 0
    vain: int = 0
    skipped: int = 0
    recent: tuple[float, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """A whole one on disk: where the run stood, and the shape of every tensor by its name."""

    path: Path
    position: Position
    shapes: Mapping[str, tuple[int, ...]]

    def read_into(self, tensors: Tensors) -> None:
        """Fill tensors of these names, whole ones or in shards; all processes must call this.

        Raises:
            TrainingError: the checkpoint has none of such a name, or of another shape.
        """
        for name, tensor in tensors.items():
            stored, wanted = self.shapes.get(name), tuple(tensor.shape)
            if stored != wanted:
                raise TrainingError(
                    f"{self.path} is a checkpoint of another model ({name} is {stored} there, and here "
                    f"{wanted}): delete it, or choose another --work folder."
                )
        reader = HuggingFaceStorageReader(str(self.path))
        with _errors_unwrapped() as alone:
            load(dict(tensors), storage_reader=reader, no_dist=alone)


def save_checkpoint(folder: Path, position: Position, tensors: Tensors) -> None:
    """Write `step-<n>/` beside the others, then drop all but the last two and the best before them.

    All processes must call this, with the same whole tensors and their own shards.

    Raises:
        DiskError: the disk is full, read-only or failing; the checkpoints before this one are as they were.
    """
    world = here()
    target = _path_of(folder, position.step)
    beside = folder / f"{target.name}.tmp"
    with disk_errors(target):
        if world.first:
            discard(beside)
            beside.mkdir(parents=True)
        world.told(None)  # that the folder is there
        _write(beside, tensors)
        mine = sorted(beside.glob(TENSORS))[world.rank :: world.size]
        described = world.gathered({path.name: describe(path) for path in mine})
        if world.first:
            entries = {
                "position": asdict(position),
                "shapes": {name: list(tensor.shape) for name, tensor in tensors.items()},
                "files": {name: entry for files in described for name, entry in files.items()},
            }
            write_sealed(beside / POSITION, entries)
            beside.replace(target)
            for old in _dispensable(folder):
                discard(old)


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint, or nothing if there is none.

    A damaged one is removed and the one before it taken: the run only repeats a few steps.
    """
    world = here()
    return world.told(_newest(folder) if world.first else None)


def checkpoint_at(folder: Path, step: int) -> Checkpoint | None:
    """The checkpoint of a step, or nothing if there is none, or a damaged one, which is removed."""
    world = here()
    return world.told(_whole(_path_of(folder, step)) if world.first else None)


def _newest(folder: Path) -> Checkpoint | None:
    return next(filter(None, map(_whole, reversed(_finished(folder)))), None)


def _path_of(folder: Path, step: int) -> Path:
    return folder / f"step-{step:09d}"


def _whole(path: Path) -> Checkpoint | None:
    """What lies there if it is whole; or else it is removed."""
    try:
        found = read_sealed(path / POSITION)
    except (ArtifactError, FileNotFoundError):
        found = {"files": {POSITION: None}}
    if all(describe(path / name) == entry for name, entry in found["files"].items()):
        shapes = {name: tuple(shape) for name, shape in found["shapes"].items()}
        return Checkpoint(path, _position(found), shapes)
    discard(path)
    return None


def _write(folder: Path, tensors: Tensors) -> None:
    """Each process a file of its own; what all have in common is shared out among them."""
    writer = HuggingFaceStorageWriter(str(folder), save_distributed=True)
    with _errors_unwrapped() as alone:
        save(dict(tensors), storage_writer=writer, no_dist=alone)


@contextmanager
def _errors_unwrapped() -> Iterator[bool]:
    """Whether there is one process only. What goes wrong in any is raised as itself in all."""
    try:
        with warnings.catch_warnings():  # torch warns of being alone even if it is told so
            warnings.filterwarnings("ignore", message="torch.distributed is disabled, unavailable")
            yield here().size == 1
    except CheckpointException as error:
        cause, _ = next(iter(error.failures.values()))
        raise cause from None


def _finished(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".tmp")


def _dispensable(folder: Path) -> list[Path]:
    """All but the newest ones, and the one with the least loss on held-out rows."""
    older = _finished(folder)[:-KEEP]
    losses = {path: _held_out_loss(path) for path in _finished(folder)}
    best = min(losses, key=lambda path: losses[path], default=None)
    return [path for path in older if path != best or losses[path] == math.inf]


def _held_out_loss(path: Path) -> float:
    try:
        return _position(read_sealed(path / POSITION)).held_out_loss
    except (ArtifactError, FileNotFoundError):
        return math.inf


def _position(found: dict[str, Any]) -> Position:
    entries = found["position"]
    return Position(**entries | {"recent": tuple(entries["recent"])})
