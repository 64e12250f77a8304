"""The only code that knows the disk layout: manifests, fingerprints, atomic creation.

An artifact is a folder `<work>/<stage>/<name>-<fingerprint8>/` that one stage built. It is written
beside itself as `….partial`, its `manifest.json` goes in last, and one rename makes it whole; so a
folder without that suffix is complete, and what a killed stage left is where its next run resumes.
"""

import dataclasses
import errno
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from codekiln import __version__
from codekiln.errors import ArtifactError, BusyError, DiskError, UsageError

SCHEMA = 1
MANIFEST = "manifest.json"
SEAL = "seal"
BESIDE = ".tmp"  # what a file is called while it is written
CACHE_TAG = b"""Signature: 8a477f597d28d172789f06886806bc55
# Made by codekiln. The first line is that of the Cache Directory Tagging Specification.
"""
DISK_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG}

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
                raise _damaged(self.path, f"{name} is not what was written")


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
        self._path = work / stage.name / f"{name}-{self._digest[:8]}"
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
            raise _damaged(
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


def open_work(work: Path) -> None:
    """Make the work folder and mark it as a cache, so that no source or backup takes it for code.

    Raises:
        UsageError: `work` is a file, or nothing can be written there.
        DiskError: the disk is full, read-only or failing.
    """
    tag = work / "CACHEDIR.TAG"
    with disk_errors(work):
        try:
            work.mkdir(parents=True, exist_ok=True)
            if not tag.exists():
                write_atomically(tag, CACHE_TAG)
        except (FileExistsError, NotADirectoryError):
            raise UsageError(f"--work {work} is not a folder: give another.") from None
        except (PermissionError, FileNotFoundError) as error:
            raise UsageError(
                f"--work {work} cannot be written ({error.strerror}): give another."
            ) from None


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
            f"{path} is no artifact (it has no {MANIFEST}): give the folder that 'codekiln run' printed."
        ) from None
    except OSError as error:
        raise ArtifactError(
            f"{path} cannot be read ({error.strerror}): change its permissions or give another."
        ) from None
    except KeyError as error:
        raise _damaged(path, f"its manifest lacks {error}") from None
    except (ValueError, TypeError, AttributeError):
        raise _damaged(path, f"{MANIFEST} cannot be read") from None
    if schema != SCHEMA:
        raise ArtifactError(
            f"{path} has schema {schema}, this codekiln reads {SCHEMA}: rebuild it."
        )
    if stage is not None and found != stage:
        raise ArtifactError(f"{path} is an artifact of '{found}', but '{stage}' is needed here.")
    for name, size in sizes.items():
        file = path / name
        if not file.is_file() or file.stat().st_size != size:
            raise _damaged(path, f"{name} is missing or cut short")
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


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is seen either whole or not at all, also after a power cut.

    Raises:
        DiskError: the disk is full, read-only or failing; nothing half-written stays.
    """
    beside = path.with_name(path.name + BESIDE)
    with disk_errors(path):
        try:
            with beside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
            raise


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
        raise _damaged(path.parent, f"{path.name} cannot be read") from None
    if seal != _seal(entries):
        raise _damaged(path.parent, f"{path.name} was altered")
    return entries


def _seal(entries: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()


def describe(path: Path) -> dict[str, Any]:
    """Bytes and SHA-256 of a file; nothing of a missing one."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"bytes": path.stat().st_size, "sha256": digest}
    except FileNotFoundError:
        return {}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says of a full or failing disk into a `DiskError`."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRNOS:
            raise
        reason = os.strerror(error.errno).lower()
        raise DiskError(
            f"Writing {path} failed ({reason}): free some space or choose another folder with "
            "--work, then run the same command again; it goes on where it stopped."
        ) from error


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


def discard(path: Path) -> None:
    """Remove a file or folder inside a partial artifact, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _describe_all(folder: Path) -> dict[str, dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): describe(path) for path in files}


def _damaged(path: Path, what: str) -> ArtifactError:
    return ArtifactError(
        f"{path} is damaged ({what}): delete that folder and run the recipe again."
    )


def _plain(config: Any) -> Any:
    return dataclasses.asdict(config) if dataclasses.is_dataclass(config) else config  # type: ignore[arg-type]


def _environment() -> dict[str, str]:
    return {
        "codekiln": __version__,
        "python": platform.python_version(),
        "system": sys.platform,
        "machine": platform.machine(),
    }
