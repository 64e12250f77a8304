"""A dataset of the Hugging Face hub as a source: its tables are downloaded once, then read.

The revision is settled to a commit at the start. What was downloaded is kept by that commit, so a
source that names its commit needs no network a second time.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Protocol

from codekiln.artifact import disk_errors, read_sealed, write_sealed
from codekiln.corpus.sources.archive.member import clean_path
from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.hub_client import SECONDS, client, explained
from codekiln.corpus.sources.source import File
from codekiln.corpus.sources.table import check_table, choose_tables, table_files
from codekiln.errors import SourceError

# A name as the hub allows it, perhaps a folder, perhaps a revision; no part begins with a dot.
_SPEC = re.compile(
    r"(?P<dataset>\w[\w.-]*/\w[\w.-]*)(?:/(?P<folder>\w[^@\\]*?)/?)?(?:@(?P<revision>\w[\w./-]*))?"
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Dataset:
    """What the hub has under one name and revision."""

    commit: str
    paths: tuple[str, ...]


class Hub(Protocol):
    """The two questions that we ask the hub. Both raise `SourceError` where it does not answer."""

    def look_up(self, dataset: str, revision: str) -> Dataset:
        """The commit of a revision, and the paths of its files."""

    def download(self, dataset: str, commit: str, path: str, folder: Path) -> None:
        """Put one file at `folder / path`, whole or not at all."""


class HubSource:
    """The files that the rows of a dataset's tables hold."""

    licence = ""  # that of a dataset is for the collection, not for the code in it

    def __init__(
        self,
        name: str,
        spec: str,
        folder: Path,
        exclude: tuple[str, ...] = (),
        hub: Hub | None = None,
    ) -> None:
        """Find `OWNER/NAME[/FOLDER][@REVISION]`; its tables will be downloaded below `folder`.

        Raises:
            SourceError: it is no such name, or the hub has no such dataset or tables, or is not
                reached.
            MissingExtraError: the client of the hub is not installed.
        """
        match = _SPEC.fullmatch(spec)
        if not match:
            raise SourceError(
                f"'{spec}' names no dataset: write OWNER/NAME, OWNER/NAME/FOLDER or "
                "OWNER/NAME/FOLDER@REVISION."
            )
        self.name, self.repository, self._hub = name, match["dataset"], hub or HuggingFace()
        self._exclusion = Exclusion((*OMITTED, *EXCLUDED, *exclude))
        found = _look_up(self._hub, self.repository, match["revision"] or "main", folder)
        self.revision, self._root = found.commit, folder / self.repository / found.commit
        self._tables = _tables(found.paths, match["folder"] or "")
        if not self._tables:
            raise SourceError(f"'{spec}' holds no Parquet or JSONL: name a folder of it that does.")

    def state(self) -> str:
        """SHA-256 over the dataset, the commit and the tables that are read of it."""
        return hashlib.sha256(
            repr((self.repository, self.revision, self._tables)).encode()
        ).hexdigest()

    def files(self) -> Iterator[File]:
        """A file for each row, table by table; a table that is not here yet is downloaded first.

        Raises:
            SourceError: a table cannot be downloaded, or has no column of code.
        """
        for table in self._tables:
            path = self._root / table
            if not path.is_file():
                self._hub.download(self.repository, self.revision, table, self._root)
            check_table(path)
            yield from table_files(path, table, self._exclusion)

    def close(self) -> None:
        """Nothing stays open."""


class HuggingFace:
    """The hub itself, through its own client, which tells nobody that it is used."""

    def look_up(self, dataset: str, revision: str) -> Dataset:
        """The commit of a revision, and the paths of its files.

        Raises:
            MissingExtraError: the client is not installed.
            SourceError: there is no such dataset or revision, it is gated, or no answer came.
        """
        hub = _client()
        with _explained(dataset, revision):
            found = hub.HfApi().dataset_info(dataset, revision=revision, timeout=SECONDS)
            return Dataset(found.sha, tuple(file.rfilename for file in found.siblings))

    def download(self, dataset: str, commit: str, path: str, folder: Path) -> None:
        """Put one file at `folder / path`, whole or not at all.

        Raises:
            MissingExtraError: the client is not installed.
            SourceError: the dataset is gated, or no answer came.
        """
        hub = _client()
        with _explained(dataset, commit), disk_errors(folder):
            hub.hf_hub_download(
                dataset, path, repo_type="dataset", revision=commit, local_dir=folder
            )


def _client() -> ModuleType:
    return client("A dataset of the Hugging Face hub")


def _explained(dataset: str, revision: str) -> AbstractContextManager[None]:
    return explained("dataset", dataset, revision, "'parquet:PATH' or 'jsonl:PATH'")


def _look_up(hub: Hub, dataset: str, revision: str, folder: Path) -> Dataset:
    """What is under a revision, from the disk if it is a commit that was looked up before."""
    kept = folder / dataset
    if _COMMIT.fullmatch(revision) and (kept / f"{revision}.json").is_file():
        return Dataset(revision, tuple(read_sealed(kept / f"{revision}.json")["paths"]))
    found = hub.look_up(dataset, revision)
    if not _COMMIT.fullmatch(found.commit or ""):
        raise SourceError(f"The hub names no commit of {dataset}: give one as its revision.")
    with disk_errors(folder):
        kept.mkdir(parents=True, exist_ok=True)
    write_sealed(kept / f"{found.commit}.json", {"paths": found.paths})
    return found


def _tables(paths: Iterable[str], folder: str) -> list[str]:
    """The tables in a folder of the dataset, but for names that would leave ours."""
    safe = (path for path in paths if clean_path(path.encode()) == (path, ""))
    return choose_tables(path for path in safe if not folder or path.startswith(f"{folder}/"))
