"""What packages write for a licence ("New BSD", "GPLv2+", "MIT/X11") as SPDX expressions.

The spellings are in `names.toml`; which field of which manifest holds them is known elsewhere.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib import resources

from codekiln.corpus.licences.expression import UNKNOWN, joined, normalised

_LONGEST = 200
_NOT_IN_NAME = re.compile(r"[^a-z0-9.+/_]+")
_EMPTY_WORDS = {
    "the",
    "a",
    "license",
    "licence",
    "licenses",
    "licensed",
    "version",
    "v",
    "ver",
    "terms",
    "under",
}
_VERSION = re.compile(r"\bv(?:ersion)?\.?\s*(?=\d)|(?<=[a-z])-?v(?=\d)|(?<=\d)\.0+(?=\+|\s|$)")
_LATER = re.compile(
    r"(?:,? ?\(?(?:or|and) (?:\(?at your option\)? )?(?:any )?(?:later|newer|greater|above|higher)\)?"
    r"(?: versions?)?|-or-later|\+)(?=$|[\s,;)/|&])",
)
_AT_LEAST = re.compile(r"\(\s*>=?\s*([\d.]+)\s*\)")
# What stands in brackets is left out where it is a name again, or says where to read on.
_IN_BRACKETS = re.compile(
    r"\(\s*(?:(?:(?:new|modified|revised|simplified|the|gnu)\s+)*(?:[al]?gpl|mpl|epl|bsd|mit|asl|psf|isc|iscl|eupl|"
    r"cecill|zpl|upl|x11|expat|apache|cddl|afl|osl|libpng|c)?[\s\-v]*[\d.]*\+?(?:\s*only)?|\d[\s-]?clause(?:\s+bsd)?"
    r"|the\s+\W?licen[cs]e\W?|(?:see|http)[^()]*)\s*\)"
)
_GNU = re.compile(r"([al]?)gpl ?(\d(?:\.\d)?)?(\+?)(?: only)?\Z")
_OPERATOR = re.compile(
    r"\s*(?:(\||\bor\b|/)|(&|;|,(?!\s*v(?:ersion)?\b|\s*\d)|\band\b|(?<=\s)\+(?=\s)))\s*"
)
_EXCEPTION = re.compile(r"\s+with\s(?![^,;|&]*(?:commerc|clause))[^,;|&]*\bexceptions?\s*\Z")
# What a bare "GPL" grants: "any version ever published" (GPL 2, section 9).
FIRST = {"": "1.0", "l": "2.0", "a": "3.0"}
PUBLISHED = {"": ("1.0", "2.0", "3.0"), "l": ("2.0", "2.1", "3.0"), "a": ("1.0", "3.0")}


@lru_cache(maxsize=4096)
def expression_of(statement: str) -> str:
    """The SPDX expression that a statement of a licence means, or `""` if nobody can tell.

    "A or B", "A/B" and "A | B" are a choice; "A and B" and "A, B" ask for both.

    >>> expression_of("GPL v2 or later"), expression_of("New BSD or Apache License, Version 2.0")
    ('GPL-2.0-or-later', 'BSD-3-Clause OR Apache-2.0')
    """
    statement = " ".join(statement.split())
    if not statement or len(statement) > _LONGEST:
        return ""
    return normalised(statement) or named(statement) or _compound(statement)


def stated(statement: str) -> str:
    """As `expression_of`, but what nobody can read is `UNKNOWN` and not the same as no statement."""
    return expression_of(statement) or (UNKNOWN if statement.strip() else "")


def _compound(statement: str) -> str:
    """ "A or B and C": AND binds more tightly than OR, as in SPDX."""
    parts = _OPERATOR.split(_without_later(statement))
    choices: list[list[str]] = [[]]
    for place in range(0, len(parts), 3):
        if place and parts[place - 2]:
            choices.append([])
        choices[-1].append(parts[place])
    if len(parts) < 3:
        return ""
    found = [[normalised(part) or named(part) for part in choice if part] for choice in choices]
    if not all(choice and all(choice) for choice in found):
        return ""
    return joined("OR", [joined("AND", choice) for choice in found])


def named(statement: str) -> str:
    """The licence that a name of `names.toml`, or of the GNU licences, means; SPDX identifiers apart.

    >>> named("New BSD"), named("GPLv3"), named("Intel")
    ('BSD-3-Clause', 'GPL-3.0-only', '')
    """
    name = canonical(statement)
    gnu = _GNU.match(name)
    if not gnu:
        return _names().get(name, "")
    family, version, later = gnu[1], gnu[2], gnu[3]
    if not version:
        return f"{family.upper()}GPL-{FIRST[family]}-or-later"
    full = version if "." in version else f"{version}.0"
    if full not in PUBLISHED[family]:
        return ""
    return f"{family.upper()}GPL-{full}-{'or-later' if later else 'only'}"


def canonical(name: str) -> str:
    """A name in the form of `names.toml`.

    >>> canonical("The GNU General Public License, version 3.0 (or later)")
    'gpl 3+'
    """
    name = _EXCEPTION.sub("", _without_later(name))
    name = _IN_BRACKETS.sub(" ", _VERSION.sub(" ", name))
    words = [word.strip(".") for word in _NOT_IN_NAME.sub(" ", name).split()]
    name = " ".join(word for word in words if word and word not in _EMPTY_WORDS)
    for long, short in _tables()["short"].items():
        if long in name:
            name = name.replace(long, short)
            break
    return re.sub(r" (?=\+)|\.0(?=\+|$)", "", name)


def _without_later(statement: str) -> str:
    """ "2 or later" as "2+", so that its "or" is no choice between licences."""
    return _LATER.sub("+", _AT_LEAST.sub(r" \1+", statement.lower()))


@cache
def _names() -> Mapping[str, str]:
    return {name: licence for licence, names in _tables()["names"].items() for name in names}


@cache
def _tables() -> Mapping[str, Mapping[str, str]]:
    text = resources.files(__package__).joinpath("names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
