"""A folder as it stands on disk. Links are never followed and special files are never opened."""

import hashlib
import os
import stat
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.source import File, UnreadableError, unread
from codekiln.errors import SourceError

# A folder tagged so is a cache and no part of a source (https://bford.info/cachedir/).
CACHE_TAG, CACHE_SIGNATURE = "CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55"
VIRTUAL_ENVIRONMENT = "pyvenv.cfg"

# Never wait for a FIFO, nor follow a link, that took a file's place after the listing.
_OPEN = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


class FolderSource:
    """The files below one folder, sorted by path."""

    revision = ""
    licence = ""

    def __init__(
        self,
        name: str,
        root: Path,
        exclude: tuple[str, ...] = (),
        *,
        excluded: tuple[str, ...] = EXCLUDED,
        omitted: frozenset[str] = OMITTED,
        repository: str = "",
    ) -> None:
        """Check that there is something to read.

        Raises:
            SourceError: there is no such folder, it is a file, or it is empty or closed to us.
        """
        self.name, self.root = name, root
        self.repository = repository or root.resolve().name or "files"
        self._exclusion, self._omitted = Exclusion((*excluded, *exclude)), omitted
        try:
            with os.scandir(root) as children:
                empty = next(children, None) is None
        except FileNotFoundError:
            raise SourceError(f"There is no folder {root}: give the path of your code.") from None
        except NotADirectoryError:
            raise SourceError(f"{root} is a file: give the folder that it is in.") from None
        except OSError as error:
            raise SourceError(
                f"The folder {root} cannot be read ({error.strerror}): change its permissions."
            ) from None
        if empty:
            raise SourceError(f"The folder {root} is empty: give one that holds code.")

    def state(self) -> str:
        """SHA-256 over path, size and time of change of every file, and the names of the rest."""
        digest = hashlib.sha256()
        for file, changed in self._listing:
            digest.update(f"{file.path}\0{file.size}\0{file.defect}\0{changed}\n".encode())
        return digest.hexdigest()

    def files(self) -> Iterator[File]:
        """Every file, sorted by path; reading one fails if it was changed since the listing."""
        return (file for file, _ in self._listing)

    def find(self, path: str) -> File | None:
        """One file as a listing made now would show it, if it would."""
        return next((file for file, _ in self._walk(path) if file.path == path), None)

    def _read(self, path: str, size: int) -> bytes:
        try:
            with os.fdopen(os.open(self.root / path, _OPEN), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise UnreadableError("unreadable", "it was replaced while we worked")
                content = file.read(size + 1)
        except OSError as error:
            raise UnreadableError("unreadable", error.strerror or str(error)) from None
        if len(content) != size:
            raise UnreadableError("unreadable", "it was changed while we worked")
        return content

    def close(self) -> None:
        """Nothing stays open."""

    @cached_property
    def _listing(self) -> list[tuple[File, int]]:
        return sorted(self._walk(), key=lambda row: row[0].path)

    def _walk(self, only: str = "") -> Iterator[tuple[File, int]]:
        """Every file, or just those in the folders that lead to one."""
        pending = [("", False)]
        while pending:
            folder, excluded = pending.pop()
            try:
                with os.scandir(self.root / folder) as listed:
                    children = {child.name: child for child in listed}
            except OSError:
                yield _defective(folder, "unreadable"), 0
                continue
            if folder and CACHE_TAG in children and _is_cache(children[CACHE_TAG].path):
                continue
            excluded = excluded or bool(folder and VIRTUAL_ENVIRONMENT in children)
            for child in children.values():
                path = f"{folder}/{child.name}" if folder else child.name
                if child.name in self._omitted or (only and not f"{only}/".startswith(f"{path}/")):
                    continue
                out = excluded or self._exclusion.matches(path)
                if child.is_dir(follow_symlinks=False):
                    pending.append((path, out))
                elif out:
                    yield _defective(path, "excluded"), 0
                else:
                    yield self._look(child, path)

    def _look(self, child: "os.DirEntry[str]", path: str) -> tuple[File, int]:
        try:
            facts = child.stat(follow_symlinks=False)
            path.encode()
        except (OSError, UnicodeEncodeError):
            return _defective(path, "unreadable"), 0
        if stat.S_ISLNK(facts.st_mode):
            return _defective(path, "link"), 0
        if not stat.S_ISREG(facts.st_mode):
            return _defective(path, "not-a-regular-file"), 0
        read = partial(self._read, path, facts.st_size)
        file = File(path, facts.st_size, read, time=facts.st_mtime_ns // 1_000_000_000)
        return file, facts.st_mtime_ns


def _defective(path: str, defect: str) -> File:
    try:
        path.encode()
    except UnicodeEncodeError:
        path, defect = os.fsencode(path).decode("utf-8", "backslashreplace"), "bad-name"
    return File(path, 0, unread, defect)


def _is_cache(tag: str) -> bool:
    try:
        with os.fdopen(os.open(tag, _OPEN), "rb") as file:
            return file.read(len(CACHE_SIGNATURE)) == CACHE_SIGNATURE
    except OSError:
        return False
