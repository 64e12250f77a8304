"""The licence of each file of a repository, from what its licence files and manifests say.

A file's own header comes before all of this (`header.py`); reading the files is the caller's work.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from codekiln.corpus.licences.annotations import Annotation, annotations
from codekiln.corpus.licences.evidence import Evidence, evidence
from codekiln.corpus.licences.expression import (
    PERMISSIVE,
    UNKNOWN,
    allowed,
    joined,
    refined,
    refined_by_family,
)  # fmt: skip
from codekiln.corpus.licences.grants import offers_choice
from codekiln.corpus.licences.licence import Licence
from codekiln.corpus.licences.manifests import manifest_licence
from codekiln.corpus.licences.texts import combined, text_licence
from codekiln.corpus.licences.words import words

# The shortest texts of licences have so many words.
_SHORTEST_TEXT = 25
NOTHING = Licence("", "none")
# One of these is in whatever grants or withholds.
_TERMS = re.compile(
    r"licen[cs]|gpl|permi|grant|allow|distribut|copy(?!right)|copies|modif|\buse|restrict|prohibit"
    r"|forbid|propriet|confiden|secret|domain|terms|condition|\b(?:may|must|shall) not\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Folder:
    """What stands in one folder: the licence of its texts (None: it has none), of its manifests, of
    these and of what is annotated for all files, and the annotations of files below it.
    """

    text: str | None
    manifests: str
    metadata: str
    annotations: tuple[Annotation, ...]

    @property
    def licence(self) -> Licence:
        """A text is more than a manifest, but a manifest may say how texts combine; where it withholds
        what the text grants, both hold. Annotations, as Debian makes them, are a third person's.
        """
        if not self.text:
            return _by_metadata(self.metadata)
        licence = refined(refined_by_family(self.text, self.metadata), self.metadata)
        if self.manifests and _is_free(licence) and not _is_free(self.manifests):
            licence = joined("AND", [licence, self.manifests])
        return Licence(licence, "file")


@dataclass(frozen=True)
class Survey:
    """The licences of one repository, folder by folder."""

    folders: Mapping[str, _Folder]
    _known: dict[str, Licence] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, files: Iterable[tuple[str, str]]) -> "Survey":
        """Read the licence files and manifests among (path, text) pairs; others may be there."""
        gathered: defaultdict[str, list[tuple[Evidence, str]]] = defaultdict(list)
        for path, text in sorted(files):
            item = evidence(path)
            if item:
                gathered[item.folder].append((item, text))
        return cls({folder: _read(items) for folder, items in gathered.items()})

    def licence(self, path: str) -> Licence:
        """The licence of a file.

        What is stated for the file itself (DEP-5, REUSE) comes first, then the nearest enclosing
        folder that says anything. A manifest below a licence file does not replace it: both hold.
        Of a folder with a text that nobody can read, the repository's licence is not assumed.
        """
        folder = path.rpartition("/")[0]
        annotated = self._annotated(path)
        if annotated:
            return _by_metadata(annotated)
        if folder not in self._known:
            self._known[folder] = self._of_folder(folder)
        return self._known[folder]

    def _annotated(self, path: str) -> str:
        for folder in _enclosing(path.rpartition("/")[0]):
            found = self.folders.get(folder)
            below = path[len(folder) + 1 :] if folder else path
            for annotation in reversed(found.annotations) if found else ():
                if annotation.pattern and annotation.pattern.match(below):
                    return annotation.licence
        return ""

    def _of_folder(self, folder: str) -> Licence:
        inner = ""
        for enclosing in _enclosing(folder):
            found = self.folders.get(enclosing)
            if found is None:
                continue
            if found.text is not None:
                unread = Licence(UNKNOWN, "file") if enclosing else NOTHING
                return _both(inner, found.licence if found.licence.expression else unread)
            inner = inner or found.metadata
        return _by_metadata(inner)


def _enclosing(folder: str) -> Iterable[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _both(inner: str, outer: Licence) -> Licence:
    if not inner:
        return outer
    return _by_metadata(joined("AND", [inner, outer.expression or UNKNOWN]))


def _by_metadata(expression: str) -> Licence:
    return Licence(expression, "metadata") if expression else NOTHING


def _read(items: list[tuple[Evidence, str]]) -> _Folder:
    stated = [manifest_licence(item.name, text) for item, text in items if item.kind == "manifest"]
    notes = [
        note for item, text in items if item.kind == "annotations"
        for note in annotations(item.name, text)
    ]  # fmt: skip
    general = [note.licence for note in notes if note.pattern is None]
    # The list of all licences in use says nothing where it is said which holds for what.
    texts = [
        (item, text) for item, text in items
        if item.kind == "text" and not (general and item.is_listed)
    ]  # fmt: skip
    return _Folder(
        _text(texts) if texts else None,
        joined("AND", stated),
        joined("AND", [*stated, *general]),
        tuple(notes),
    )


def _text(texts: list[tuple[Evidence, str]]) -> str:
    """The licence of the licence files of one folder, `""` if nobody can tell.

    LICENSE-MIT and LICENSE-APACHE are a choice, COPYING and COPYING.LESSER the LGPL; all others
    hold together. Of a file that is no known text nobody can tell, unless it offers the choice.
    """
    plain = [
        (item, text_licence(text), text) for item, text in texts
        if item.is_plain and not _names_holders(item, text)
    ]  # fmt: skip
    named = [_of_named(item, text) for item, text in texts if not item.is_plain]
    if any(item.is_listed for item, _ in texts):
        return joined("AND", [*named, *(licence or UNKNOWN for _, licence, _ in plain)])
    stated = [licence for _, licence, _ in plain]
    if all(stated):
        return _together(plain, named)
    offered = all(licence or offers_choice(words(text)) for _, licence, text in plain)
    return combined(named, choice=True) if offered and not any(stated) else ""


def _of_named(item: Evidence, text: str) -> str:
    """The licence of a file that is called as one is: a text of some length must be that licence's."""
    licence = text_licence(text)
    if licence or not _is_free(item.named):
        return licence or item.named
    return item.named if len(words(text)) < _SHORTEST_TEXT else UNKNOWN


def _is_free(licence: str) -> bool:
    return allowed(licence, PERMISSIVE)


def _names_holders(item: Evidence, text: str) -> bool:
    """Whether a COPYRIGHT beside other files says who holds the rights, and nothing of terms."""
    return item.name.lower().startswith("copyright") and not _TERMS.search(text)


def _together(plain: list[tuple[Evidence, str, str]], named: list[str]) -> str:
    """The licence of files that are all known.

    Named ones alone are a choice if any of them would do; a plain one may say that they are.
    """
    lesser = any(item.is_lesser for item, _, _ in plain)
    stated = [
        licence for item, licence, _ in plain
        if not (lesser and not item.is_lesser and licence.startswith("GPL-"))
    ]  # fmt: skip
    if not stated:
        return combined(named, choice=all(map(_is_free, named)))
    together = combined([*stated, *named], choice=False)
    for licence in stated:
        together = refined(together, licence)
    return together
