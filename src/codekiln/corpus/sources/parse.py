"""How a recipe names a source: `stdlib:`, `git:PATH@REVISION`, `folder:PATH` or a plain path."""

import re
from pathlib import Path

from codekiln.corpus.sources.folder import FolderSource
from codekiln.corpus.sources.git import GitSource
from codekiln.corpus.sources.source import Source
from codekiln.corpus.sources.stdlib import StdlibSource
from codekiln.errors import SourceError

# Two letters at least: the C of C:\code is a drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+]+):(.*)", re.DOTALL)


def parse_source(spec: str, exclude: tuple[str, ...] = ()) -> Source:
    """The source that a recipe names, open; `exclude` holds glob patterns of what to leave out.

    Raises:
        SourceError: it is missing, empty, or of no kind we read.
    """
    if "\0" in spec:
        raise SourceError(f"{spec!r} holds a NUL character, which no path does: mend the recipe.")
    match = _SCHEME.fullmatch(spec)
    scheme, rest = (match[1], match[2]) if match else ("folder", spec)
    if scheme == "stdlib" and not rest:
        return StdlibSource(spec, exclude)
    if scheme == "git" and rest and not rest.startswith("//"):
        path, revision = _revision(rest)
        return GitSource(spec, _path(path), revision, exclude)
    if scheme == "folder" and rest:
        return FolderSource(spec, _path(rest), exclude)
    if match and Path(spec).is_dir():
        return FolderSource(spec, Path(spec), exclude)
    remedy = "clone it and give" if "//" in rest or "@" in spec else "give"
    raise SourceError(
        f"'{spec}' is no source we can read: {remedy} a folder, 'git:PATH@REVISION' or 'stdlib:'."
    )


def _revision(rest: str) -> tuple[str, str]:
    path, at, revision = rest.rpartition("@")
    if not at or not path or _path(rest).exists():
        return rest, "HEAD"
    return path, revision or "HEAD"


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise SourceError(f"'{text}' names no home folder: write the path out.") from None
