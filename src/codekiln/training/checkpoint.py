"""Checkpoints: everything a killed run needs to go on to the bit. Seen whole or not at all."""

from dataclasses import asdict, dataclass
from pathlib import Path

from torch import Tensor

from codekiln.artifact import describe, discard, disk_errors, read_sealed, write_sealed
from codekiln.errors import ArtifactError
from codekiln.model.weights import read_tensors, write_tensors

KEEP = 2
POSITION, WEIGHTS, OPTIMIZER = "position.json", "weights.safetensors", "optimizer.safetensors"

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Position:
    """Where a run stands: steps done, rows given out by the loader, seconds spent."""

    step: int
    loader: int
    seconds: float


def save_checkpoint(folder: Path, position: Position, weights: Tensors, optimizer: Tensors) -> None:
    """Write `step-<n>/` beside the others, then drop all but the last two."""
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
    for old in _finished(folder)[:-KEEP]:
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
            position = Position(**found["position"])
            return position, read_tensors(newest / WEIGHTS), read_tensors(newest / OPTIMIZER)
        discard(newest)
    return None


def _finished(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".tmp")
