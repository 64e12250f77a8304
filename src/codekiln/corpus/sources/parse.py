"""How a recipe names a source: a plain path, or `KIND:` and what that kind needs.

    PATH, folder:PATH     a folder          git:PATH@REVISION     a git repository at one commit
    archive:PATH          a tar, zip, …     stdlib:               this Python's standard library
    pypi:NAME==VERSION    a wheel           sdist:NAME==VERSION   a source distribution
    npm:NAME@VERSION      an npm package    debian:NAME=VERSION   a Debian source package
    parquet:PATH          The Stack's rows  jsonl:PATH            the same as lines of JSON
    hf:OWNER/NAME@REVISION                  a dataset of the Hugging Face hub

`own:` before any of them says that the code belongs to whoever trains on it, whatever its licence.
"""

import re
from collections.abc import Callable
from pathlib import Path

from codekiln.corpus.sources.archive import ArchiveSource
from codekiln.corpus.sources.folder import FolderSource
from codekiln.corpus.sources.git import GitSource
from codekiln.corpus.sources.hub import HubSource
from codekiln.corpus.sources.registry import SCHEMES, fetch
from codekiln.corpus.sources.source import Source
from codekiln.corpus.sources.stdlib import StdlibSource
from codekiln.corpus.sources.table import TableSource
from codekiln.errors import SourceError

OWN = "own:"

# Two letters at least: the C of C:\code is a drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+]+):(.*)", re.DOTALL)
_Maker = Callable[[str, str, tuple[str, ...], Path], Source]


def is_own(name: str) -> bool:
    """Whether a source was declared the owner's."""
    return name.startswith(OWN)


def parse_source(name: str, exclude: tuple[str, ...] = (), downloads: Path = Path()) -> Source:
    """The source that a recipe names, open; `exclude` holds glob patterns of what to leave out.

    What has to be fetched first is put under `downloads`, and not fetched again.

    Raises:
        SourceError: it is missing, empty, or of no kind we read.
    """
    if "\0" in name:
        raise SourceError(f"{name!r} holds a NUL character, which no path does: mend the recipe.")
    spec = name.removeprefix(OWN)
    match = _SCHEME.fullmatch(spec)
    if not match and spec:
        return _folder(name, spec, exclude, downloads)
    scheme, rest = (match[1], match[2]) if match else ("", "")
    if scheme == "stdlib" and not rest:
        return StdlibSource(name, exclude)
    if scheme in _KINDS and rest and not rest.startswith("//"):
        return _KINDS[scheme](name, rest, exclude, downloads)
    if spec and Path(spec).is_dir():
        return FolderSource(name, Path(spec), exclude)
    remedy = "clone it and give" if "//" in rest or "@" in spec else "give"
    raise SourceError(
        f"'{spec}' is no source we can read: {remedy} a folder, 'git:PATH@REVISION', 'stdlib:' or "
        f"one of {', '.join(f'{kind}:' for kind in _KINDS)}"
    )


def _folder(name: str, rest: str, exclude: tuple[str, ...], _downloads: Path) -> Source:
    return FolderSource(name, _path(rest), exclude)


def _git(name: str, rest: str, exclude: tuple[str, ...], _downloads: Path) -> Source:
    path, at, revision = rest.rpartition("@")
    if not at or not path or _path(rest).exists():
        path, revision = rest, "HEAD"
    return GitSource(name, _path(path), revision or "HEAD", exclude)


def _archive(name: str, rest: str, exclude: tuple[str, ...], _downloads: Path) -> Source:
    return ArchiveSource(name, _path(rest), exclude)


def _table(name: str, rest: str, exclude: tuple[str, ...], _downloads: Path) -> Source:
    return TableSource(name, _path(rest), exclude)


def _hub(name: str, rest: str, exclude: tuple[str, ...], downloads: Path) -> Source:
    return HubSource(name, rest, downloads / "hf", exclude)


def _package(name: str, rest: str, exclude: tuple[str, ...], downloads: Path) -> Source:
    scheme = name.removeprefix(OWN).partition(":")[0]
    fetched = fetch(scheme, rest, downloads)
    return ArchiveSource(
        name,
        fetched.archive,
        exclude,
        repository=fetched.name,
        revision=fetched.version,
        licence=fetched.licence,
    )


_KINDS: dict[str, _Maker] = {
    "folder": _folder,
    "git": _git,
    "archive": _archive,
    **dict.fromkeys(SCHEMES, _package),
    "parquet": _table,
    "jsonl": _table,
    "hf": _hub,
}


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise SourceError(f"'{text}' names no home folder: write the path out.") from None
