"""A model of the Hugging Face hub: safetensors and JSON alone, each compared with the hub's hash."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from codekiln.artifact import discard, disk_errors
from codekiln.errors import ModelError, SourceError
from codekiln.pipeline.pull.origin import NEEDED, WELCOME, check, sha256_of
from codekiln.telemetry import progress

NAME = re.compile(r"(?P<model>\w[\w.-]*/\w[\w.-]*)(?:@(?P<revision>\w[\w./-]*))?", re.ASCII)
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
_INDEX = "model.safetensors.index.json"
_PICKLED = re.compile(r".*\.(bin|pt|pth|ckpt|pkl)")


@dataclass(frozen=True)
class HubFile:
    """One file of a model: the SHA-256 of a large one, of any other the hash that git gives it."""

    path: str
    size: int
    sha256: str
    git: str


@dataclass(frozen=True)
class Listing:
    """What the hub has under one name and revision."""

    commit: str
    licence: str
    files: tuple[HubFile, ...]


class ModelHub(Protocol):
    """The two questions that we ask the hub. Both raise `SourceError` where it does not answer."""

    def look_up(self, model: str, revision: str) -> Listing:
        """The commit of a revision, and its files."""

    def download(self, model: str, commit: str, path: str, folder: Path) -> None:
        """Put one file at `folder / path`."""


class HubOrigin:
    """`OWNER/MODEL[@REVISION]`; files wait below `downloads` until they are whole."""

    def __init__(self, spec: str, downloads: Path, hub: ModelHub | None = None) -> None:
        """Settle the revision to a commit.

        Raises:
            SourceError: it is no such name, or the hub has no such model or revision, or is not reached.
            ModelError: it has no safetensors, or lacks another file.
            MissingExtraError: the client of the hub is not installed.
        """
        match = NAME.fullmatch(spec)
        if not match:
            raise SourceError(
                f"'{spec}' names no model: write OWNER/MODEL or OWNER/MODEL@REVISION."
            )
        self._model, self._hub = match["model"], hub or HuggingFace()
        found = self._hub.look_up(self._model, match["revision"] or "main")
        if not re.fullmatch(r"[0-9a-f]{40}", found.commit or ""):
            raise SourceError(
                f"The hub names no commit of {self._model}: give one as its revision."
            )
        self._commit, self.licence = found.commit, found.licence
        self._files = _chosen(self._model, found)
        self._waiting = downloads / "models" / self._model / found.commit
        self.name = self._model.partition("/")[2]

    def state(self) -> Mapping[str, str]:
        """The files that are taken, at their commit."""
        place = f"hf:{self._model}@{self._commit}"
        return {f"{place}/{file.path}": file.sha256 or file.git for file in self._files}

    def deliver(self, folder: Path) -> None:
        """Download the files, compare each with its hash, and move it into `folder`.

        Raises:
            SourceError: a file cannot be had, or is another than the hub promises.
        """
        total = sum(file.size for file in self._files)
        with disk_errors(folder), progress(self._model, total, "bytes") as task:
            for file in self._files:
                self._hub.download(self._model, self._commit, file.path, self._waiting)
                came = self._waiting / file.path
                found = sha256_of(came) if file.sha256 else _git_hash(came)
                check(f"{file.path} of {self._model}", found, file.sha256 or file.git)
                came.replace(folder / file.path)
                task.advance(file.size)
            discard(self._waiting)


class HuggingFace:
    """The hub itself, through its own client."""

    def look_up(self, model: str, revision: str) -> Listing:
        """The commit of a revision, and its files.

        Raises:
            MissingExtraError: the client is not installed.
            SourceError: there is no such model or revision, it is gated, or no answer came.
        """
        from codekiln.corpus.sources.hub_client import SECONDS

        hub = _client()
        with _explained(model, revision):
            found = hub.HfApi().model_info(
                model, revision=revision, files_metadata=True, timeout=SECONDS
            )
            licence = str(getattr(found.card_data, "license", None) or "")
            files = tuple(
                HubFile(
                    file.rfilename,
                    file.size or 0,
                    file.lfs.sha256 if file.lfs else "",
                    file.blob_id or "",
                )
                for file in found.siblings or ()
            )
            return Listing(found.sha, licence, files)

    def download(self, model: str, commit: str, path: str, folder: Path) -> None:
        """Put one file at `folder / path`, whole or not at all.

        Raises:
            MissingExtraError: the client is not installed.
            SourceError: the model is gated, or no answer came.
        """
        hub = _client()
        with _explained(model, commit), disk_errors(folder):
            hub.hf_hub_download(model, path, revision=commit, local_dir=folder)


def _client() -> ModuleType:
    from codekiln.corpus.sources.hub_client import client

    return client("A model of the Hugging Face hub")


def _explained(model: str, revision: str) -> AbstractContextManager[None]:
    from codekiln.corpus.sources.hub_client import explained

    return explained("model", model, revision, "the path of its folder")


def _chosen(model: str, listing: Listing) -> tuple[HubFile, ...]:
    """The files of the model's main folder that are read, in order; no other is ever fetched."""
    files = {file.path: file for file in listing.files}
    weights = [path for path in sorted(files) if _WEIGHTS.fullmatch(path)]
    if not weights:
        pickled = next(filter(_PICKLED.fullmatch, sorted(files)), None)
        has = (
            f"has its weights pickled alone ({pickled})"
            if pickled
            else "holds no model.safetensors"
        )
        raise ModelError(f"The model {model} {has}, and codekiln reads safetensors: take another.")
    missing = next((path for path in NEEDED if path not in files), None)
    if missing:
        raise ModelError(f"The model {model} holds no {missing}: take another.")
    wanted = (*NEEDED, *filter(files.__contains__, (*WELCOME, _INDEX)), *_together(weights))
    unhashed = next((path for path in wanted if not (files[path].sha256 or files[path].git)), None)
    if unhashed:
        raise SourceError(f"The hub gives no hash of {unhashed} of {model}: try again later.")
    return tuple(files[path] for path in wanted)


def _together(weights: list[str]) -> Iterator[str]:
    """The whole file where there is one, or else its parts."""
    yield from ["model.safetensors"] if "model.safetensors" in weights else weights


def _git_hash(path: Path) -> str:
    """The SHA-1 of a blob as git has it (gitformat-loose: its kind and size, then the content)."""
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
