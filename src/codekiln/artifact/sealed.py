"""JSON objects that hold their own SHA-256, so that a changed byte is noticed."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact.files import write_atomically
from codekiln.errors import ArtifactError

SEAL = "seal"


def write_sealed(path: Path, entries: Mapping[str, Any]) -> None:
    """Write a JSON object that holds its own SHA-256, so that a changed byte is noticed."""
    write_atomically(path, json.dumps({**entries, SEAL: _seal(entries)}, indent=1).encode())


def read_sealed(path: Path) -> dict[str, Any]:
    """What `write_sealed` wrote.

    Raises:
        ArtifactError: it was cut short or altered.
        FileNotFoundError: there is none.
    """
    try:
        entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        seal = entries.pop(SEAL)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise damaged(path.parent, f"{path.name} cannot be read") from None
    if seal != _seal(entries):
        raise damaged(path.parent, f"{path.name} was altered")
    return entries


def _seal(entries: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()


def damaged(path: Path, what: str) -> ArtifactError:
    """The error for a folder whose files are not what was written."""
    return ArtifactError(
        f"{path} is damaged ({what}): delete that folder and run the recipe again."
    )
