"""Where fetched packages are kept, a folder a version, so that no version is fetched twice.

A package enters by one renaming and leaves its hashes in a receipt. Whatever does not match its
receipt counts as absent.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

RECEIPT = "receipt.json"
_PARTIAL, _LOCK = ".partial", ".lock"  # no version begins with a dot


@dataclass(frozen=True)
class Fetched:
    """One version of a package on this disk; what is inside is for `ArchiveSource` to read."""

    licence = ""  # every one of these archives says itself what a registry could say of it
    archive: Path  # a Debian source is its .dsc, with the other files beside it
    name: str
    version: str
    sha256: str  # of the archive


class Shelf:
    """All versions of one package."""

    def __init__(self, root: Path, name: str) -> None:
        """Make the folder `root` if it is not there."""
        self._root, self._name = root, name
        root.mkdir(parents=True, exist_ok=True)

    def find(self, version: str) -> Fetched | None:
        """This version, if every file of it is as it was when it came."""
        folder = self._folder(version)
        try:
            receipt = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
            hashes, archive = receipt["sha256"], receipt["archive"]
            intact = receipt["name"] == self._name and all(
                _sha256(folder / name) == digest for name, digest in hashes.items()
            )
            fetched = Fetched(folder / archive, self._name, receipt["version"], hashes[archive])
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None
        return fetched if intact else None

    def versions(self) -> list[str]:
        """Every version that is here."""
        receipts = sorted(self._root.glob(f"*/{RECEIPT}"))
        found = (self.find(path.parent.name) for path in receipts)
        return [fetched.version for fetched in found if fetched]

    @contextmanager
    def delivery(self) -> Iterator[Path]:
        """An empty folder to download into, for one process at a time; gone at the end."""
        with FileLock(self._root / _LOCK):
            folder = self._root / _PARTIAL
            shutil.rmtree(folder, ignore_errors=True)  # a run that was killed may have left it
            folder.mkdir()
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def keep(self, archive: Path, version: str, asked: str) -> Fetched:
        """Put away what was downloaded, all files beside `archive`; one that is here stays.

        It is found again as the version that was `asked` for (`1.0`), or else as the one that came
        (`1.0.0`).
        """
        key = asked or version
        kept = self.find(key)
        if kept is None:
            hashes = {path.name: _sha256(path) for path in sorted(archive.parent.iterdir())}
            receipt = {
                "name": self._name,
                "version": version,
                "archive": archive.name,
                "sha256": hashes,
            }
            text = json.dumps(receipt, indent=1)
            (archive.parent / RECEIPT).write_text(text + "\n", encoding="utf-8")
            folder = self._folder(key)
            shutil.rmtree(folder, ignore_errors=True)
            archive.parent.rename(folder)
            kept = Fetched(folder / archive.name, self._name, version, hashes[archive.name])
        return kept

    def _folder(self, version: str) -> Path:
        return self._root / version.replace(":", "%3a")  # as Debian does with its epochs


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
