"""The working folder, as far as prompts may see it: one safe way to read a file of it, remembered.

Nothing outside the folder is read, by no link either, and no file that is hidden, ignored by git or
named as if it held secrets. Nothing is listed, so the folder's size does not matter.
"""

import os
import posixpath
import re
import stat
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from codekiln.languages import Language, detect
from codekiln.tasks.context.definitions import definitions
from codekiln.tasks.context.imports import Import, imports
from codekiln.tasks.context.outline import Outline

if TYPE_CHECKING:
    from dulwich.ignore import IgnoreFilterManager

LARGEST = 500_000  # bytes
REMEMBERED = 512  # files

_INSTALLED = frozenset(("node_modules", "bower_components", "site-packages", "dist-packages"))
_SECRET = re.compile(
    r".*\.env|.*(?:secret|credential|password|passwd|private[_-]?key|api[_-]?key)s?(?:\.\w+)?"
    r"|.*\.(?:pem|key|pfx|p12|jks|keystore|kdbx|asc|gpg)|id_(?:rsa|dsa|ecdsa|ed25519)",
    re.IGNORECASE,
)
_OPEN = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


class RefusedError(Exception):
    """A file that is there and must not, or cannot, be in a prompt; the message says why."""


@dataclass(frozen=True)
class SourceFile:
    """What is remembered of a file."""

    path: str
    language: Language
    imports: tuple[Import, ...]
    definitions: dict[str, Outline]


def refusal(path: str) -> str:
    """Why no file of this name may be in a prompt, wherever it comes from; empty where one may."""
    *folders, name = path.split("/")
    if _SECRET.fullmatch(name):
        return "named as if it held secrets"
    if any(part.startswith(".") and part not in (".", "..") for part in (*folders, name)):
        return "hidden"
    return "installed, not written here" if _INSTALLED.intersection(folders) else ""


class Folder(Protocol):
    """Where the files lie from which definitions are taken."""

    def is_file(self, path: str) -> bool:
        """Whether there is such a file."""

    def file(self, path: str) -> SourceFile:
        """A file by its path from the root.

        Raises:
            RefusedError: it is not there, or not for prompts.
        """


class WorkingFolder:
    """Reads the files of one folder, and remembers those it has read by size and time of change.

    For one thread at a time. What git ignores is read once.
    """

    def __init__(self, root: Path) -> None:
        """`root` need not exist: then nothing is found."""
        self._root = os.path.realpath(root)  # no `Path`: some hundred places are looked at a prompt
        self._files: OrderedDict[str, tuple[tuple[int, int], SourceFile]] = OrderedDict()

    def is_file(self, path: str) -> bool:
        """Whether there is such a file; a link counts."""
        return _is_inside(path) and os.path.isfile(f"{self._root}/{path}")  # noqa: PTH113

    def file(self, path: str) -> SourceFile:
        """A file of the folder, by its path from the root.

        Raises:
            RefusedError: it is not there, or not for prompts.
        """
        real = os.path.realpath(f"{self._root}/{path}")
        inside = os.path.relpath(real, self._root).replace(os.sep, "/")
        if not _is_inside(inside):
            raise RefusedError("outside the folder")
        reason = refusal(path) or refusal(inside)
        if reason:
            raise RefusedError(reason)
        try:
            return self._read(path, inside)
        except OSError as error:
            raise RefusedError(f"unreadable ({error.strerror})") from None

    def _read(self, path: str, inside: str) -> SourceFile:
        with os.fdopen(os.open(f"{self._root}/{inside}", _OPEN), "rb") as opened:
            facts = os.fstat(opened.fileno())
            if not stat.S_ISREG(facts.st_mode):
                raise RefusedError("no regular file")
            if facts.st_size > LARGEST:
                raise RefusedError(f"more than {LARGEST:,} bytes")
            version = facts.st_size, facts.st_mtime_ns
            remembered = self._files.get(path)
            if remembered is None or remembered[0] != version:
                if self._is_ignored(inside):
                    raise RefusedError("ignored by git")
                remembered = version, source_file(path, opened.read(LARGEST))
                self._files[path] = remembered
        self._files.move_to_end(path)
        if len(self._files) > REMEMBERED:
            self._files.popitem(last=False)
        return remembered[1]

    def _is_ignored(self, path: str) -> bool:
        top, manager = self._ignores
        return bool(manager.is_ignored(posixpath.join(top, path)))

    @cached_property
    def _ignores(self) -> "tuple[str, IgnoreFilterManager]":
        """The rules of the repository, and where in it this folder lies."""
        from dulwich.ignore import IgnoreFilterManager

        root = Path(self._root)
        around = (root, *root.parents)
        top = next((place for place in around if (place / ".git").exists()), root)
        return root.relative_to(top).as_posix(), IgnoreFilterManager(str(top), [], False)


def _is_inside(path: str) -> bool:
    return path != ".." and not path.startswith(("../", "/")) and "\0" not in path


def source_file(path: str, content: bytes) -> SourceFile:
    """What is remembered of a file with this content.

    Raises:
        RefusedError: it is no text, or in no language.
    """
    if b"\0" in content:
        raise RefusedError("binary")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError("not UTF-8") from None
    language = detect(path, text)
    if language is None:
        raise RefusedError("in no language that is known")
    found = tuple(imports(language, text))
    return SourceFile(path, language, found, definitions(language, text.encode()))
