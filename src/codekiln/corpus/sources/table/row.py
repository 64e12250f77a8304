"""What the columns of a table are called, and how a row of them becomes a file of a source.

The names are those of The Stack (v1, v2 and their smaller editions), of github-code and of our own
corpora.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from codekiln.corpus.sources.archive.member import clean_path, clean_time
from codekiln.corpus.sources.exclude import Exclusion
from codekiln.corpus.sources.source import File, unread
from codekiln.errors import SourceError
from codekiln.languages import languages

# What we want to know, and the columns that may tell it: the first that a table has counts.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "content": ("content", "text", "code"),
    "path": ("path", "max_stars_repo_path", "file_path", "filepath"),
    "repository": ("repo_name", "max_stars_repo_name", "repository_name", "repository", "repo"),
    "revision": ("revision_id", "max_stars_repo_head_hexsha", "revision", "commit"),
    "licence": ("detected_licenses", "max_stars_repo_licenses", "licenses", "license", "licence"),
    "extension": ("ext", "extension"),
    "language": ("lang", "language"),
    "time": ("committer_date", "revision_date", "time"),
}


def choose_columns(names: Set[str], table: str) -> dict[str, str]:
    """Which column of a table tells what, by the keys of `COLUMNS`.

    Raises:
        SourceError: none holds the content.
    """
    chosen = {
        role: next(name for name in wanted if name in names)
        for role, wanted in COLUMNS.items()
        if not names.isdisjoint(wanted)
    }
    if "content" in chosen:
        return chosen
    remedy = "give a table with a column content, text or code"
    if "blob_id" in names:
        remedy = "download the contents of The Stack v2 first, which it only names by blob_id"
    raise SourceError(
        f"{table} has no code, but {', '.join(sorted(names)) or 'nothing'}: {remedy}."
    )


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one row but for its content; whatever its table does not tell is empty."""

    path: bytes
    repository: str
    revision: str
    licence: str
    ending: str
    time: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The row of values by the keys of `COLUMNS`, of whatever type they came in."""
        path = values.get("path")
        return cls(
            path=path if isinstance(path, bytes) else _text(path).encode("utf-8", "surrogatepass"),
            repository=_text(values.get("repository")),
            revision=_text(values.get("revision")),
            licence=_licence(values.get("licence")),
            ending=_ending(_text(values.get("extension")), _text(values.get("language"))),
            time=_seconds(values.get("time")),
        )

    def file(
        self,
        table: str,
        number: int,
        exclusion: Exclusion,
        size: int | None,
        read: Callable[[], bytes],
    ) -> File:
        """The file of this row, which is called after its place if it has no path.

        A `size` of None says that there is no content.
        """
        made = f"{table}/{number}{self.ending}".encode("utf-8", "surrogatepass")
        path, defect = clean_path(self.path.lstrip(b"/") or made)
        if exclusion.covers(path):
            defect = "excluded"
        elif size is None and not defect:
            defect = "no-content"
        return File(
            path,
            size or 0,
            unread if defect else read,
            defect,
            time=self.time,
            repository=self.repository,
            revision=self.revision,
            licence=self.licence,
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _ending(extension: str, language: str) -> str:
    if extension:
        return f".{extension.lstrip('.')}"
    name = language.lower().replace("++", "pp").replace("#", "sharp")
    known = languages().get(name)
    return known.extensions[0] if known and known.extensions else ""


def _licence(value: Any) -> str:
    """One SPDX expression: every licence that was found in a repository holds.

    >>> _licence(["MIT", "GPL-2.0-only OR BSD-3-Clause", "MIT", None])
    'MIT AND (GPL-2.0-only OR BSD-3-Clause)'
    """
    values = value if isinstance(value, list) else [value]
    names = dict.fromkeys(_text(name).strip() for name in values)
    names.pop("", None)
    if len(names) == 1:
        return next(iter(names))
    return " AND ".join(f"({name})" if " " in name else name for name in names)


def _seconds(value: Any) -> int:
    """Seconds since 1970 of a number, or of an ISO 8601 date, in UTC if it names no zone."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            value = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return 0
    return clean_time(int(value)) if isinstance(value, int | float) and abs(value) < 1e12 else 0
