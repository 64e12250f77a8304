"""Checkpoints: everything a killed run needs to go on to the bit. Seen whole or not at all."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from codekiln.artifact import describe, discard, disk_errors, read_sealed, write_sealed
from codekiln.errors import ArtifactError
from codekiln.model.weights import read_tensors, write_tensors

KEEP = 2
POSITION, WEIGHTS, OPTIMIZER = "position.json", "weights.safetensors", "optimizer.safetensors"

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Position:
    """Where a run stands: steps done, rows given out by the loader, seconds spent.

    Besides, the last loss on held-out rows, and what the guard knows: steps passed over, and the losses it
    compares with.
    """

    step: int
    loader: int
    seconds: float
    held_out_loss: float = math.inf
    skipped: int = 0
    recent: tuple[float, ...] = ()


def save_checkpoint(folder: Path, position: Position, weights: Tensors, optimizer: Tensors) -> None:
    """Write `step-<n>/` beside the others, then drop all but the last two and the best before them."""
    target = folder / f"step-{position.step:09d}"
    beside = folder / f"{target.name}.tmp"
    discard(beside)
    with disk_errors(target):
        beside.mkdir(parents=True)
        write_tensors(beside / WEIGHTS, weights)
        write_tensors(beside / OPTIMIZER, optimizer)
        files = {name: describe(beside / name) for name in (WEIGHTS, OPTIMIZER)}
        write_sealed(beside / POSITION, {"position": asdict(position), "files": files})
        beside.replace(target)
    for old in _dispensable(folder):
        discard(old)


def load_checkpoint(folder: Path) -> tuple[Position, Tensors, Tensors] | None:
    """Position, weights and optimiser state of the newest checkpoint, or nothing if there is none.

    A damaged one is removed and the one before it taken: the run only repeats a few steps.
    """
    for newest in reversed(_finished(folder)):
        try:
            found = read_sealed(newest / POSITION)
        except (ArtifactError, FileNotFoundError):
            found = {"files": {POSITION: None}}
        if all(describe(newest / name) == entry for name, entry in found["files"].items()):
            position = _position(found)
            return position, read_tensors(newest / WEIGHTS), read_tensors(newest / OPTIMIZER)
        discard(newest)
    return None


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
