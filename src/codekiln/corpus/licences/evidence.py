"""Which files of a repository say something of its licence, and for which folder they speak.

What they say is read in `texts.py`, `manifests.py` and `annotations.py`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from codekiln.corpus.licences.expression import UNKNOWN
from codekiln.corpus.licences.names import expression_of

Kind = Literal["text", "manifest", "annotations"]

_TEXT = re.compile(
    r"(?:(?P<before>[\w.+-]+)[-_])?(?:(?P<unlicense>unlicen[cs]e)|licen[cs]es?|copying|copyright)"
    r"(?:[-_. ]?(?P<after>[\w.+ -]+))?",
    re.IGNORECASE,
)
_PROSE = re.compile(r"\.(?:txt|text|md|markdown|rst|adoc|org|html?|rtf)\Z", re.IGNORECASE)
# What may follow "LICENSE" but names no licence: versions, as of Boost's and Apache's own files, and
# the GNU's second one.
_PLAIN = re.compile(r"[\d._]*(?:lesser|lib)?", re.IGNORECASE)
# Texts that are called as their licence is, without "LICENSE"; so are pages on Python or Ruby.
_CALLED = re.compile(
    r"(?:gnu[-_ ]?)?[al]?gpl(?:[-_ v.]*\d[\d.]*)?|(?:apache|mpl|epl|eupl|cddl|cc0|bsd)[-_ v.]*\d[\d.]*",
    re.IGNORECASE,
)
# Terms for those who pay, or who agree to them.
_WITHHELD = re.compile(
    r"(?:commercial|enterprise|proprietary|ee)[-_. ]licen[cs]es?"
    r"|licen[cs]e[-_. ](?:commercial|enterprise|proprietary|ee|eula)|eula",
    re.IGNORECASE,
)
_MANIFESTS = {"package.json", "composer.json", "pyproject.toml", "setup.cfg", "PKG-INFO",
    "Cargo.toml", "pom.xml", "DESCRIPTION"}  # fmt: skip
_ANNOTATIONS = {"debian/copyright", ".reuse/dep5"}
# Files of wheels, of Python's and of Java's metadata speak for the folder that these stand in.
_ASIDE = re.compile(r"(?:[^/]+\.(?:dist-info|egg-info)|META-INF|debian|\.reuse)\Z")
_WHEEL = re.compile(
    r"(?P<outer>(?:.*/)?)[^/]+\.dist-info/licen[cs]es/(?:src/)?(?P<inner>(?:.*/)?)[^/]+\Z"
)


@dataclass(frozen=True)
class Evidence:
    """A file that says something of the licence of `folder` (`""`: all of the repository).

    `named` is the licence that the name of a text tells ("LICENSE-MIT"), `""` if it tells none;
    `is_listed` says that it is one of a folder for all licences in use anywhere (REUSE).
    """

    kind: Kind
    folder: str
    name: str
    named: str = ""
    is_listed: bool = False

    @property
    def is_lesser(self) -> bool:
        """Whether this is the second of the two texts that an LGPL project holds."""
        return _PROSE.sub("", self.name).lower().endswith(("lesser", "lib"))

    @property
    def is_plain(self) -> bool:
        """Whether this is the one licence file of its folder: no name of a licence, no list."""
        return self.kind == "text" and not self.named


def is_evidence(path: str) -> bool:
    """Whether a file is a licence text or a manifest, from its path alone.

    >>> is_evidence("package/LICENSE-MIT.txt"), is_evidence("src/license.py")
    (True, False)
    """
    return evidence(path) is not None


def evidence(path: str) -> Evidence | None:
    """What a file is evidence of, None if of nothing."""
    folder, _, name = path.rpartition("/")
    if not _may_be(name):
        return None
    parent, _, last = folder.rpartition("/")
    if name in _MANIFESTS or name.endswith(".gemspec") or _is_metadata(name, last):
        # One among Debian's files is of their making, and speaks for no more than these.
        aside = _ASIDE.match(last) and last != "debian"
        return Evidence("manifest", parent if aside else folder, name)
    if name == "REUSE.toml":
        return Evidence("annotations", folder, name)
    if f"{last}/{name}" in _ANNOTATIONS:
        return Evidence("annotations", parent, name)
    if last == "LICENSES":  # of the REUSE specification: one text for each licence in use
        named = expression_of(_PROSE.sub("", name))
        return Evidence("text", parent, name, named, is_listed=True) if named else None
    named_as = _licence_in(name)
    if named_as is None:
        return None
    wheel = _WHEEL.match(path)
    if wheel:
        return Evidence("text", (wheel["outer"] + wheel["inner"]).rstrip("/"), name, named_as)
    return Evidence("text", parent if _ASIDE.match(last) else folder, name, named_as)


def _may_be(name: str) -> bool:
    """A first look, as this is asked for every file of a repository."""
    if name in _MANIFESTS or name in ("METADATA", "REUSE.toml", "dep5"):
        return True
    lowered = name.lower()
    if "licen" in lowered or "copy" in lowered or lowered.endswith((".gemspec", ".txt")):
        return True
    return "gpl" in lowered or "eula" in lowered


def _is_metadata(name: str, folder: str) -> bool:
    return name == "METADATA" and folder.endswith(".dist-info")


@lru_cache(maxsize=4096)
def _licence_in(name: str) -> str | None:
    """The licence that the name of a licence file tells, `""` if none, None if it is no such file."""
    bare = _PROSE.sub("", name)
    if _WITHHELD.fullmatch(bare):
        return UNKNOWN
    if _CALLED.fullmatch(bare):
        return expression_of(bare.replace("_", "-")) or None
    match = _TEXT.fullmatch(bare)
    if not match:
        return None
    if match["unlicense"]:
        return "Unlicense"
    before, after = match["before"] or "", (match["after"] or "").strip(".-_ ")
    if not before and _PLAIN.fullmatch(after):
        return ""
    word = before if not after else after if not before else ""
    return expression_of(word.replace("_", "-")) or None
