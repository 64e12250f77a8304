"""An archive as a source: its files in their order, with names that can be trusted.

An archive is passed over twice: first for the names alone, which shows whether it is a bomb or
broken, which folder all share and which paths come twice; then for the files.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from codekiln.corpus.sources.archive.caps import CAPS, Caps, bomb
from codekiln.corpus.sources.archive.debian import SUFFIX, Part, read_package
from codekiln.corpus.sources.archive.form import check_archive, members
from codekiln.corpus.sources.archive.member import Member, clean_path
from codekiln.corpus.sources.archive.stream import DamageError
from codekiln.corpus.sources.exclude import EXCLUDED, OMITTED, Exclusion
from codekiln.corpus.sources.source import File, unread
from codekiln.errors import SourceError

# The top folder of these is part of every path: `com` in a jar is no wrapping.
BARE = (".whl", ".jar", ".nupkg")
_NESTED = re.compile(
    r"\.(?:7z|apk|bz2|cab|crate|deb|ear|egg|gem|gz|jar|lz|lzma|nupkg|rar|rpm|tar|tbz2|tgz|txz|war|whl"
    r"|xz|z|zip|zst)$",
    re.IGNORECASE,
)


@dataclass
class _Survey:
    """What the first pass over a part shows: path and defect of each file, and where it broke."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    damage: str = ""


class ArchiveSource:
    """The files of a tar, a zip, a package in either form, or a Debian source package."""

    def __init__(
        self,
        name: str,
        path: Path,
        exclude: tuple[str, ...] = (),
        *,
        repository: str = "",
        revision: str = "",
        licence: str = "",
        caps: Caps = CAPS,
    ) -> None:
        """Check that this is an archive; `licence` is an SPDX expression, if its publisher gave one.

        Raises:
            SourceError: there is no such file, or it is no archive that we read.
        """
        self.name, self._path, self._caps = name, path, caps
        self._exclusion = Exclusion((*OMITTED, *EXCLUDED, *exclude))
        self._parts: tuple[Part, ...] = (Part(path, has_top=path.suffix.lower() not in BARE),)
        if path.suffix == SUFFIX:
            package = read_package(path)
            repository, revision = repository or package.source, revision or package.version
            self._parts = package.parts
        for part in self._parts:
            check_archive(part.path, caps)
        self.repository, self.revision, self.licence = repository or path.name, revision, licence

    def state(self) -> str:
        """SHA-256 over those of the archive's parts, of which all but a `.dsc` have one."""
        digests = [_sha256(part.path) for part in self._parts]
        return hashlib.sha256("".join(digests).encode()).hexdigest()

    def files(self) -> Iterator[File]:
        """Every file in the order of the archive.

        Raises:
            SourceError: it is a bomb, empty, broken from its start, or not what a `.dsc` says.
        """
        for part in self._parts:
            if part.sha256 and _sha256(part.path) != part.sha256:
                raise SourceError(
                    f"{part.path} has not the SHA-256 that {self._path.name} states: "
                    "download it again."
                )
        surveys = [self._survey(part) for part in self._parts]
        if not any(survey.rows for survey in surveys):
            damage = "".join(survey.damage for survey in surveys)
            state = f"is broken from its start ({damage})" if damage else "holds no files"
            raise SourceError(f"The archive {self._path} {state}: download or make it again.")
        _mark_repeated(surveys)
        return self._stream(surveys)

    def close(self) -> None:
        """Nothing stays open."""

    def _survey(self, part: Part) -> _Survey:
        survey = _Survey()
        tops: set[str] = set()
        try:
            for member in members(part.path, self._caps):
                if len(survey.rows) == self._caps.members:
                    raise bomb(part.path.name, f"it has more than {self._caps.members} members")
                path, defect = clean_path(member.name)
                if not defect:
                    tops.add("".join(path.partition("/")[:2]))
                survey.rows.append((path, defect or member.defect or _nested(path)))
        except DamageError as error:
            survey.damage = str(error)
        except OSError as error:
            raise SourceError(
                f"The archive {part.path} cannot be read any more ({error.strerror}): look to it."
            ) from None
        top = tops.pop() if part.has_top and len(tops) == 1 else ""
        survey.rows = [self._place(row, top, part.folder) for row in survey.rows]
        return survey

    def _place(self, row: tuple[str, str], top: str, folder: str) -> tuple[str, str]:
        path, defect = row
        if top.endswith("/"):
            path = path.removeprefix(top)
        if folder:
            path = f"{folder}/{path}"
        return path, "excluded" if self._exclusion.covers(path) else defect

    def _stream(self, surveys: list[_Survey]) -> Iterator[File]:
        for part, survey in zip(self._parts, surveys, strict=True):
            with closing(members(part.path, self._caps)) as found:
                for path, defect in survey.rows:
                    member = self._next(found)
                    read = unread if defect else member.read
                    yield File(path, member.size, read, defect, time=member.time)
            if survey.damage:
                yield File(part.path.name, 0, unread, "archive-cut-short", survey.damage)

    def _next(self, found: Iterator[Member]) -> Member:
        try:
            return next(found)
        except (DamageError, OSError, StopIteration):
            raise SourceError(
                f"The archive {self._path} was changed while it was read: start again."
            ) from None


def _nested(path: str) -> str:
    return "nested-archive" if _NESTED.search(path) else ""


def _mark_repeated(surveys: list[_Survey]) -> None:
    """Of several files with one path the last is what unpacking would leave."""
    seen: set[str] = set()
    for survey in reversed(surveys):
        for place in reversed(range(len(survey.rows))):
            path, defect = survey.rows[place]
            if not defect and path in seen:
                survey.rows[place] = path, "repeated-path"
            if not defect:
                seen.add(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
