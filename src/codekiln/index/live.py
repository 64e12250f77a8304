"""The index of a working folder on disk: its shards, and which file each document is.

All of it can be built again from the folder; whatever is damaged, or from other versions, is.
"""

import hashlib
import itertools
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import filelock

from codekiln import __version__
from codekiln.artifact import discard, disk_errors, open_work, read_sealed, write_sealed
from codekiln.errors import ArtifactError, BusyError
from codekiln.index.intake import Stamp
from codekiln.index.shard import Shard
from codekiln.tokenizer import Tokenizer

STATE = "state.json"
LIVE = "live"
REFUSED = -1  # in place of the number of a shard
FIELDS = 7  # of a file's row: its stamp's three, digest, shard, document, path


@dataclass(frozen=True)
class Known:
    """A file as it was when it was last read, and the document that it is; no `shard`: it was refused."""

    stamp: Stamp
    sha256: str
    shard: Shard | None = None
    document: int = 0


class LiveStore:
    """The state of one folder's index under `<work>/live/`, for one process at a time."""

    def __init__(self, root: Path, tokenizer: Tokenizer, work: Path) -> None:
        """Lock it.

        Raises:
            BusyError: another process has this folder's index open.
            UsageError, DiskError: nothing can be written to `work`.
        """
        self._facts = {
            "version": __version__,
            "root": str(root),
            "tokenizer_sha256": tokenizer.fingerprint,
        }
        digest = hashlib.sha256("\0".join(self._facts.values()).encode()).hexdigest()
        self.path = work / LIVE / f"{root.name}-{digest[:8]}"
        self._tokenizer = tokenizer
        self._names: dict[Shard, str] = {}
        self._numbers = itertools.count()
        open_work(work)
        with disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(self.path / ".lock")
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            raise BusyError(
                f"Another codekiln has the index of {root} open: close it, or choose another --work."
            ) from None

    def load(self) -> tuple[dict[str, Known], list[Shard]]:
        """The files of the last `save` and their shards; nothing where that cannot be read."""
        known, shards, names = self._read()
        self._names = dict(zip(shards, names, strict=True))
        for folder in self.path.glob("shard-*"):
            if folder.name not in names:  # merged into another, or of a run that was killed
                discard(folder)
        for shard in shards:
            kept = {file.document for file in known.values() if file.shard is shard}
            for document in set(shard.documents()) - kept:
                shard.delete(document)
        return known, shards

    def _read(self) -> tuple[dict[str, Known], list[Shard], list[str]]:
        try:
            state = read_sealed(self.path / STATE)
            if any(state[name] != fact for name, fact in self._facts.items()):
                return {}, [], []
            shards = [Shard.open(self.path / name, self._tokenizer) for name in state["shards"]]
            return dict(_file(row, shards) for row in state["files"]), shards, state["shards"]
        except (ArtifactError, FileNotFoundError, LookupError, ValueError):
            return {}, [], []

    def write(self, shard: Shard) -> Shard:
        """The same shard, mapped from a new folder. Two threads may write at once."""
        folder = self.path / f"shard-{next(self._numbers):05d}"
        while folder.exists():
            folder = self.path / f"shard-{next(self._numbers):05d}"
        shard.write(folder)
        mapped = Shard.open(folder, self._tokenizer)
        self._names[mapped] = folder.name
        return mapped

    def stores(self, shard: Shard) -> bool:
        """Whether a shard is on disk, not just in memory."""
        return shard in self._names

    def save(self, known: dict[str, Known], shards: list[Shard]) -> None:
        """Remember the files whose shards are on disk; the others are read again after `load`."""
        kept = [shard for shard in shards if self.stores(shard)]
        numbers: dict[Shard | None, int] = {shard: n for n, shard in enumerate(kept)}
        numbers[None] = REFUSED
        rows = [_row(p, f, numbers[f.shard]) for p, f in known.items() if f.shard in numbers]
        names = [self._names[shard] for shard in kept]
        write_sealed(self.path / STATE, {**self._facts, "shards": names, "files": rows})

    def discard(self, shards: list[Shard]) -> None:
        """Remove the shards that are not in use any more, as the last `save` has it."""
        for shard in filter(self.stores, shards):
            with suppress(OSError):  # where a mapped file cannot go, the next `load` removes it
                discard(self.path / self._names.pop(shard))

    def close(self) -> None:
        """Let another process have it."""
        self._lock.release()


def _row(path: str, file: Known, shard: int) -> str:
    return " ".join(map(str, (*file.stamp, file.sha256, shard, file.document, path)))


def _file(row: str, shards: list[Shard]) -> tuple[str, Known]:
    size, changed, entered, sha256, shard, document, path = row.split(" ", FIELDS - 1)
    known = Known((int(size), int(changed), int(entered)), sha256)
    if int(shard) == REFUSED:
        return path, known
    return path, replace(known, shard=shards[int(shard)], document=int(document))
