"""Licences stated file by file: Debian's `copyright` (DEP-5) and the `REUSE.toml` and `.reuse/dep5`
of the REUSE specification 3.3.

Statements for a whole package are read in `manifests.py`.
"""

import fnmatch
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from codekiln.corpus.foreign import toml
from codekiln.corpus.licences.expression import PERMISSIVE, UNKNOWN, allowed, joined
from codekiln.corpus.licences.names import expression_of, stated
from codekiln.corpus.licences.texts import text_licence

# So that no pattern takes more than a blink: `*` and `**` are searched one within the other.
_MOST_STARS = 3
# More are nobody's work, and each is tried on each file.
_MOST = 10_000
_EVERYTHING = ("*", "**", "./*")
_FIELD = re.compile(
    r"^(?P<name>[A-Za-z-]+):[ \t]*(?P<value>[^\n]*(?:\n[ \t]+[^\n]*)*)", re.MULTILINE
)
_STAR = re.compile(r"(\*\*|\*)")


@dataclass(frozen=True)
class Annotation:
    """The licence of the files whose path below the annotated folder a pattern matches."""

    pattern: re.Pattern[str] | None  # None: all files
    licence: str


def annotations(name: str, text: str) -> list[Annotation]:
    """The statements of one file, in its order: where several match a path, the last one holds."""
    found = list(islice(_reuse(text) if name == "REUSE.toml" else _dep5(text), _MOST + 1))
    return found if len(found) <= _MOST else [Annotation(re.compile(""), UNKNOWN)]


def _reuse(text: str) -> Iterator[Annotation]:
    try:
        entries = toml(text).get("annotations", [])
    except (ValueError, RecursionError):
        return
    for table in entries if isinstance(entries, list) else []:
        if not isinstance(table, Mapping):
            continue
        licences = [stated(value) for value in _strings(table.get("SPDX-License-Identifier"))]
        for path in _strings(table.get("path")) if licences else ():
            yield _annotation(path, joined("AND", licences))


def _annotation(path: str, licence: str) -> Annotation:
    parts = _STAR.split(path)
    if path in _EVERYTHING:
        return Annotation(None, licence)
    if len(parts) // 2 > _MOST_STARS:
        return Annotation(re.compile(re.escape(parts[0]), re.DOTALL), UNKNOWN)
    wild = {"*": "[^/]*", "**": ".*"}
    regex = "".join(wild.get(part) or re.escape(part) for part in parts)
    return Annotation(re.compile(rf"{regex}\Z", re.DOTALL), licence)


def _dep5(text: str) -> Iterator[Annotation]:
    paragraphs = [_fields(paragraph) for paragraph in re.split(r"\n\s*\n", text)]
    bodies = {}
    for paragraph in paragraphs:
        name, _, body = paragraph.get("license", "").partition("\n")
        if body.strip():
            bodies[name.strip()] = body
    for paragraph in paragraphs:
        name = paragraph.get("license", "").partition("\n")[0].strip()
        files = "*" if "format" in paragraph else paragraph.get("files", "")
        if not name or not files:
            continue
        named, said = expression_of(name), text_licence(_unfolded(bodies.get(name, "")))
        licence = named or said or UNKNOWN
        if said and not allowed(said, PERMISSIVE) and allowed(named, PERMISSIVE):
            licence = joined("AND", [named, said])
        for pattern in files.split():
            literal = fnmatch.translate(pattern.replace("[", "[[]"))
            whole = pattern in _EVERYTHING
            yield Annotation(None if whole else re.compile(literal), licence)


def _fields(paragraph: str) -> dict[str, str]:
    return {match["name"].lower(): match["value"] for match in _FIELD.finditer(paragraph)}


def _unfolded(body: str) -> str:
    """The text of a folded field, where a lone full stop stands for an empty line."""
    return re.sub(r"^\s*\.\s*$", "", textwrap.dedent(body), flags=re.MULTILINE)


def _strings(value: object) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str)]
