"""Checkpoints: everything a killed run needs to go on to the bit. Seen whole or not at all."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from codekiln.artifact import discard, disk_errors, write_atomically
from codekiln.model.weights import read_tensors, write_tensors

KEEP = 2


@dataclass(frozen=True)
class Position:
    """Where a run stands: steps done, rows given out by the loader, seconds spent."""

    step: int
    loader: int
    seconds: float


def save_checkpoint(
    folder: Path, position: Position, weights: dict[str, Tensor], optimizer: dict[str, Tensor]
) -> None:
    """Write `step-<n>/` beside the others, then drop all but the last two."""
    target = folder / f"step-{position.step:09d}"
    beside = folder / f"{target.name}.tmp"
    discard(beside)
    with disk_errors(target):
        beside.mkdir(parents=True)
        write_tensors(beside / "weights.safetensors", weights)
        write_tensors(beside / "optimizer.safetensors", optimizer)
        write_atomically(beside / "position.json", json.dumps(asdict(position)).encode())
        beside.replace(target)
    for old in _finished(folder)[:-KEEP]:
        discard(old)


def load_checkpoint(
    folder: Path,
) -> tuple[Position, dict[str, Tensor], dict[str, Tensor]] | None:
    """Position, weights and optimiser state of the newest checkpoint, or nothing if there is none."""
    finished = _finished(folder)
    if not finished:
        return None
    newest = finished[-1]
    entries: dict[str, Any] = json.loads((newest / "position.json").read_text(encoding="utf-8"))
    weights = read_tensors(newest / "weights.safetensors")
    return Position(**entries), weights, read_tensors(newest / "optimizer.safetensors")


def _finished(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("step-*") if path.suffix != ".tmp")
