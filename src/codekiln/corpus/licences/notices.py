"""Licences that the words of a notice name: "the Apache License, Version 2.0" and its kind.

Whether a notice grants what it names, and how several combine, is the business of `grants.py`; whole
texts are found in `texts.py`, short names alone in `names.py`.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from codekiln.corpus.licences.expression import PERMISSIVE, identifiers
from codekiln.corpus.licences.names import FIRST, PUBLISHED, named
from codekiln.corpus.licences.words import words

_GNU = re.compile(
    r"\b(?:gnu )?(lesser |library |affero )?general public (?:v\d(?:\.\d)? )?license\b"
    r"|\bgnu (lesser |affero )?public license\b|\b(lesser |affero )gpl\b"
    r"|\bgnu ([al]?)gpl\b|\b([al]?)gpl(?:ed|d)?(?= ?v?\d|\b)|\bgnu copyleft\b"
)
# A word about a licence that is another's, or nobody's.
_OTHERS = re.compile(
    r"(?:compatible with(?: the)?|unlike(?: the)?|not(?: the)?|non|than(?: the)?) \Z"
)
_GNU_AFTER, _GNU_BEFORE = 160, 40
_GNU_VERSION = re.compile(r"(?<![\w.])v?(\d(?:\.\d)?)(\+?)(?![\d.]|clause)")
_GNU_LATER = re.compile(
    r"\bany (?:later|newer)\b|\bor (?:later|newer|above|greater|higher)\b|\borlater\b"
)
_LETTER = {"lesser ": "l", "library ": "l", "affero ": "a", "l": "l", "a": "a"}


@dataclass(frozen=True, order=True)
class Mention:
    """A licence that is named from one place to another: those of characters."""

    start: int
    end: int
    licence: str


def mentions(text: str) -> list[Mention]:
    """The licences named in words with single spaces between them, in their order.

    >>> [found.licence for found in mentions("the mit license or the gnu gpl v2 or any later version")]
    ['MIT', 'GPL-2.0-or-later']
    """
    found = [
        Mention(*match.span(), licence)
        for needs, pattern, licence in _notices()
        if any(need in text for need in needs)
        for match in pattern.finditer(text)
    ]
    return sorted([*found, *_gnu(text)])


def _gnu(text: str) -> Iterator[Mention]:
    """The GNU licences named; a mention without a version counts only where none has one."""
    if "gpl" not in text and "gnu" not in text and "general public" not in text:
        return
    exact: list[Mention] = []
    bare: list[Mention] = []
    for match in _GNU.finditer(text):
        if _OTHERS.search(text[max(0, match.start() - _GNU_BEFORE) : match.start()]):
            continue
        letter = _LETTER.get(next(filter(None, match.groups()), ""), "")
        after = text[match.end() : match.end() + _GNU_AFTER]
        version = _GNU_VERSION.search(match[0]) or _GNU_VERSION.search(after)
        if version is None:
            before = list(
                _GNU_VERSION.finditer(text[max(0, match.start() - _GNU_BEFORE) : match.start()])
            )
            version = before[-1] if before else None
        number = version and (version[1] if "." in version[1] else f"{version[1]}.0")
        if version and number in PUBLISHED[letter]:
            later = "or-later" if version[2] or _GNU_LATER.search(after) else "only"
            exact.append(Mention(*match.span(), f"{letter.upper()}GPL-{number}-{later}"))
        else:
            bare.append(Mention(*match.span(), f"{letter.upper()}GPL-{FIRST[letter]}-or-later"))
    yield from exact or bare


@lru_cache(maxsize=4096)
def known(name: str) -> str:
    """The licence that the words between "under the" and "license" name, `""` if nobody can tell.

    >>> known("cpal 1.0"), known("new bsd"), known("intel")
    ('CPAL-1.0', 'BSD-3-Clause', '')
    """
    return identified(name) or named(name)


def identified(name: str) -> str:
    """The licence whose SPDX identifier the words of a name are, `""` if they are none."""
    return _identifiers().get(name, "")


@cache
def _identifiers() -> dict[str, str]:
    """The SPDX identifiers as words, but for those of which words keep too little ("MIT-0").

    Permissive ones that are a common word, or the name of a company, do not count either: "the Intel
    license" is seldom SPDX's `Intel`.
    """
    as_words = {identifier: words(identifier) for identifier in identifiers()}
    return {
        " ".join(said): identifier for identifier, said in as_words.items()
        if "".join(said) == identifier.lower().replace("-", "")
        and not (identifier.isalpha() and identifier in PERMISSIVE)
    }  # fmt: skip


@cache
def _notices() -> tuple[tuple[Sequence[str], re.Pattern[str], str], ...]:
    text = resources.files(__package__).joinpath("notices.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)["notice"]
    return tuple((table["needs"], re.compile(table["says"]), table["licence"]) for table in tables)
