"""From a stage, its settings and inputs to an artifact: found if it is there, built under a lock if not."""

import dataclasses
import hashlib
import json
import platform
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from codekiln import __version__
from codekiln.artifact.files import BESIDE, describe, discard, disk_errors
from codekiln.artifact.finished import MANIFEST, SCHEMA, Artifact, Statistics, open_artifact
from codekiln.artifact.sealed import damaged, write_sealed
from codekiln.errors import BusyError


@dataclass(frozen=True)
class Stage:
    """One station of the road.

    `build(config, inputs, out)` writes its files under `out`, which may hold the whole files an
    earlier run left before it was killed, and returns its statistics. Raise `version` whenever the
    same settings and inputs would give other files.
    """

    name: str
    version: int
    build: Callable[[Any, Mapping[str, Artifact], Path], Statistics]


def fingerprint(
    stage: Stage,
    config: Any,
    inputs: Mapping[str, Artifact],
    sources: Mapping[str, str] | None = None,
) -> str:
    """SHA-256 over stage version, settings, input fingerprints and the state of outside sources."""
    facts = {
        "schema": SCHEMA,
        "stage": stage.name,
        "version": stage.version,
        "config": _plain(config),
        "inputs": {name: artifact.fingerprint for name, artifact in sorted(inputs.items())},
        "sources": dict(sorted((sources or {}).items())),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


class Building:
    """One artifact on its way: `out` is where its files go, `finish` makes it whole."""

    def __init__(
        self,
        stage: Stage,
        config: Any,
        inputs: Mapping[str, Artifact],
        work: Path,
        name: str,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        """Name it; nothing is written yet.

        `sources` names the state of what lies outside any artifact (a folder's listing, a commit).
        """
        self._stage, self._config, self._inputs = stage, config, inputs
        self._name, self._sources = name, dict(sources or {})
        self._digest = fingerprint(stage, config, inputs, sources)
        self._path = work / stage.name / f"{_in_a_path(name)}-{self._digest[:8]}"
        self.out = self._path.with_name(self._path.name + ".partial")

    def found(self) -> Artifact | None:
        """The finished artifact, if an earlier run left it.

        Raises:
            ArtifactError: it is damaged.
        """
        if not self._path.exists():
            return None
        artifact = open_artifact(self._path, self._stage.name)
        if artifact.fingerprint != self._digest:
            raise damaged(
                self._path, "it was made from other settings or inputs than its name says"
            )
        artifact.verify()
        return artifact

    @contextmanager
    def begun(self) -> Iterator[None]:
        """Hold the lock and open `out`, with the whole files an earlier run left there.

        Raises:
            BusyError: another process is building it.
            DiskError: the disk is full, read-only or failing; what is there stays for a rerun.
            ArtifactError: an input is damaged.
        """
        with disk_errors(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self._path):
                for artifact in self._inputs.values():
                    artifact.verify()
                if not self._path.exists():
                    self.out.mkdir(exist_ok=True)
                    for left in list(self.out.rglob("*" + BESIDE)):  # by a write that was killed
                        discard(left)
                yield

    def finish(self, statistics: Statistics) -> Artifact:
        """Write the manifest and rename the folder; call it inside `begun`."""
        manifest = {
            "schema": SCHEMA,
            "stage": self._stage.name,
            "version": self._stage.version,
            "name": self._name,
            "fingerprint": self._digest,
            "config": _plain(self._config),
            "inputs": {key: value.fingerprint for key, value in self._inputs.items()},
            "sources": self._sources,
            "files": _describe_all(self.out),
            "statistics": statistics,
            "environment": _environment(),
        }
        write_sealed(self.out / MANIFEST, manifest)
        self.out.replace(self._path)
        return open_artifact(self._path, self._stage.name)


def produce(
    stage: Stage,
    config: Any,
    inputs: Mapping[str, Artifact],
    work: Path,
    name: str,
    sources: Mapping[str, str] | None = None,
) -> Artifact:
    """The artifact of this stage, settings and inputs: found if it is there, built if not.

    Raises:
        BusyError: another process is building it.
        DiskError: the disk is full, read-only or failing; the partial artifact stays for a rerun.
        ArtifactError: an input, or the finished artifact, is damaged.
    """
    building = Building(stage, config, inputs, work, name, sources)
    made = building.found()
    if made is not None:
        return made
    with building.begun():
        made = building.found()  # another process may have finished it while we waited
        return made or building.finish(stage.build(config, inputs, building.out))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = filelock.FileLock(path.with_name(f".{path.name}.lock"))  # hidden from `work/corpus/*`
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise BusyError(
            f"Another codekiln is building {path}: wait for it, or choose another --work folder."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _describe_all(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): describe(path) for path in files}


def _plain(config: Any) -> Any:
    return dataclasses.asdict(config) if dataclasses.is_dataclass(config) else config  # type: ignore[arg-type]


def _environment() -> dict[str, str]:
    return {
        "codekiln": __version__,
        "python": platform.python_version(),
        "system": sys.platform,
        "machine": platform.machine(),
    }


def _in_a_path(name: str) -> str:
    """A name, which may be that of anybody's folder, as nobody has to quote it."""
    return re.sub(r"[^\w.+@-]+", "-", name)
