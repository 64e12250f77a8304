"""A git repository at one revision, read as blobs: no checkout, no hooks, no submodules, no LFS.

What is read is what was committed; the files of a work tree, changed or new, are not looked at.
"""

import hashlib
import stat
import zlib
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path

from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    NotGitRepository,
    ObjectMissing,
    WrongObjectException,
)
from dulwich.object_store import iter_tree_contents
from dulwich.objects import S_ISGITLINK, Blob, Commit, ObjectID, Tag
from dulwich.objectspec import parse_commit, parse_object
from dulwich.repo import Repo, UnsupportedExtension, UnsupportedVersion

from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.source import File, UnreadableError, unread
from codekiln.errors import SourceError

BROKEN = (
    ApplyDeltaError,
    AssertionError,
    ChecksumMismatch,
    EOFError,
    FileFormatException,
    KeyError,
    ObjectMissing,
    OSError,
    ValueError,
    WrongObjectException,
    zlib.error,
)


class GitSource:
    """The files of one commit, sorted by path."""

    licence = ""

    def __init__(
        self, name: str, path: Path, revision: str = "HEAD", exclude: tuple[str, ...] = ()
    ) -> None:
        """Open the repository whose work tree, `.git` folder or bare folder is `path`.

        Raises:
            SourceError: there is no repository, it has no commit, or not this revision.
        """
        self.name, self.path, self.exclude = name, path, exclude
        home = path.resolve()
        self.repository = (home.parent if home.name == ".git" else home).name.removesuffix(".git")
        self._exclusion = Exclusion((*OMITTED, *EXCLUDED, *exclude))
        self._repo = _open(path)
        try:
            self._commit = self._find(revision)
        except BaseException:
            self.close()
            raise
        self.revision = self._commit.id.decode()

    def state(self) -> str:
        """The id of the commit, which stands for all that is in it."""
        return self.revision

    def files(self) -> Iterator[File]:
        """Every file of the commit, sorted by path; reading one compares it with its id."""
        return iter(self._listing)

    def _read(self, digits: ObjectID) -> bytes:
        try:
            kind, content = self._repo.object_store.get_raw(digits)
        except BROKEN as error:
            raise UnreadableError("broken-object", f"{digits.decode()}: {error}") from None
        digest = hashlib.sha1 if len(digits) == 40 else hashlib.sha256
        named = digest(b"blob %d\0" % len(content) + content).hexdigest()
        if kind != Blob.type_num or named.encode() != digits:
            raise UnreadableError("broken-object", f"{digits.decode()}: it is not what it was")
        return content

    def close(self) -> None:
        """Close the packs."""
        self._repo.close()

    @cached_property
    def _listing(self) -> list[File]:
        try:
            contents = list(iter_tree_contents(self._repo.object_store, self._commit.tree))
        except BROKEN as error:
            raise SourceError(
                f"The git repository {self.path} is damaged ({error}): run 'git fsck' in it, "
                "or clone it again."
            ) from None
        files = (self._file(item.path, item.mode, item.sha) for item in contents)
        return sorted(files, key=lambda file: file.path)

    def _file(self, raw: bytes, mode: int, digits: ObjectID) -> File:
        path = raw.decode("utf-8", "backslashreplace")
        defect = self._defect(path, raw, mode)
        if defect:
            return File(path, 0, unread, defect)
        read = partial(self._read, digits)
        return File(path, None, read, time=self._commit.commit_time)

    def _defect(self, path: str, raw: bytes, mode: int) -> str:
        if self._exclusion.covers(path):
            return "excluded"
        if path.encode() != raw:
            return "bad-name"
        if S_ISGITLINK(mode):
            return "submodule"
        return "link" if stat.S_ISLNK(mode) else ""

    def _find(self, revision: str) -> Commit:
        for parse in (parse_commit, parse_object):  # short ids; then also HEAD~2 and HEAD^
            try:
                found = parse(self._repo, revision.encode())
                while isinstance(found, Tag):
                    found = self._repo[found.object[1]]
            except (*BROKEN, NotImplementedError, AttributeError):
                continue
            if isinstance(found, Commit):
                return found
        if revision == "HEAD":
            raise SourceError(f"The git repository {self.path} has no commits yet: commit first.")
        raise SourceError(
            f"The git repository {self.path} has no revision '{revision}': give a branch, "
            "a tag or a commit that 'git log' shows, or fetch it first."
        )


def _open(path: Path) -> Repo:
    if not path.exists():
        raise SourceError(f"There is no folder {path}: give the path of a git repository.")
    try:
        return Repo(str(path))
    except (NotGitRepository, NotADirectoryError):
        raise SourceError(
            f"{path} is not a git repository: give the folder that holds .git, "
            f"or 'folder:{path}' to read the files as they stand."
        ) from None
    except (UnsupportedExtension, UnsupportedVersion, OSError, ValueError) as error:
        raise SourceError(
            f"The git repository {path} cannot be opened ({error}): check it with 'git fsck', "
            "or clone it again."
        ) from None
