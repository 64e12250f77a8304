"""Artifacts that are whole: their folder, and the manifest that says what is in it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact.files import describe
from codekiln.artifact.sealed import SEAL, damaged, read_sealed
from codekiln.errors import ArtifactError

SCHEMA = 1
MANIFEST = "manifest.json"

Statistics = dict[str, Any]


@dataclass(frozen=True)
class Artifact:
    """A finished artifact: its folder and what its manifest says."""

    path: Path
    manifest: Mapping[str, Any]

    @property
    def stage(self) -> str:
        """The stage that built it."""
        return str(self.manifest["stage"])

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits over stage version, settings and inputs."""
        return str(self.manifest["fingerprint"])

    @property
    def statistics(self) -> Statistics:
        """What the stage counted."""
        return dict(self.manifest["statistics"])

    def file(self, name: str) -> Path:
        """The path of one file that the manifest lists.

        Raises:
            ArtifactError: the artifact has no such file.
        """
        if name not in self.manifest["files"]:
            raise ArtifactError(f"{self.path} holds no {name}: it is not the artifact meant here.")
        return self.path / name

    def files(self, prefix: str) -> list[Path]:
        """All files whose name begins with `prefix`, in order."""
        return [
            self.path / name for name in sorted(self.manifest["files"]) if name.startswith(prefix)
        ]

    def verify(self) -> None:
        """Read every file and compare it with the manifest.

        Raises:
            ArtifactError: a file is missing, truncated or altered.
        """
        self._verify(self.manifest["files"])

    def verify_younger(self) -> None:
        """As `verify`, of the files that were written after the manifest: it was the last to be written.

        For artifacts so large that reading all of them takes seconds.
        """
        written = (self.path / MANIFEST).stat().st_mtime_ns
        files = self.manifest["files"]
        self._verify(n for n in files if (self.path / n).stat().st_mtime_ns > written)

    def _verify(self, names: Iterable[str]) -> None:
        for name in names:
            if describe(self.path / name) != self.manifest["files"][name]:
                raise damaged(self.path, f"{name} is not what was written")


def open_artifact(path: Path, stage: str | None = None) -> Artifact:
    """Open a finished artifact, checking its manifest and the size of every file.

    Raises:
        ArtifactError: it is not there, not finished, damaged, of another schema or another stage.
    """
    if path.name.endswith(".partial"):
        raise ArtifactError(f"{path} is not finished: run the same recipe again to complete it.")
    try:
        manifest = read_sealed(path / MANIFEST)
        schema, found = manifest["schema"], manifest["stage"]
        sizes = {name: entry["bytes"] for name, entry in manifest["files"].items()}
        _ = manifest["fingerprint"], manifest["statistics"], manifest["config"]
    except (FileNotFoundError, NotADirectoryError):
        raise ArtifactError(
            f"{path} is no artifact (it has no {MANIFEST}): give the folder that codekiln printed."
        ) from None
    except OSError as error:
        raise ArtifactError(
            f"{path} cannot be read ({error.strerror}): change its permissions or give another."
        ) from None
    except KeyError as error:
        raise damaged(path, f"its manifest lacks {error}") from None
    except (ValueError, TypeError, AttributeError):
        raise damaged(path, f"{MANIFEST} cannot be read") from None
    if schema != SCHEMA:
        raise ArtifactError(
            f"{path} has schema {schema}, this codekiln reads {SCHEMA}: rebuild it."
        )
    if stage is not None and found != stage:
        raise ArtifactError(f"{path} is an artifact of '{found}', but '{stage}' is needed here.")
    for name, size in sizes.items():
        file = path / name
        if not file.is_file() or file.stat().st_size != size:
            raise damaged(path, f"{name} is missing or cut short")
    return Artifact(path, manifest)


def is_artifact(path: Path) -> bool:
    """Whether a folder is to be taken for an artifact, whole or damaged.

    A project may have a `manifest.json` of its own, such as that of a web page.
    """
    try:
        entries = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except OSError:
        return False
    except ValueError:
        return True
    return not isinstance(entries, dict) or SEAL in entries


def find_artifact(work: Path, stage: str, fingerprint: str) -> Artifact | None:
    """The finished artifact of a stage that has this fingerprint, if the work folder holds it.

    Raises:
        ArtifactError: it is damaged.
    """
    for path in sorted((work / stage).glob(f"*-{fingerprint[:8]}")):
        artifact = open_artifact(path, stage)
        if artifact.fingerprint == fingerprint:
            return artifact
    return None
