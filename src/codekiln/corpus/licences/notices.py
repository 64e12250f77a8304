"""Licences granted by a sentence: "licensed under the Apache License, Version 2.0" and its kind.

A notice is looked for in the words of a file's header, or in what of a licence file is no text we
know; whole texts are found in `texts.py`, short names alone in `names.py`.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

# A choice between licences; "either v2 or at your option any later version" is none.
CHOICE = re.compile(
    r"\bdual ?licensed?\b|\bduallicensed?\b|\btrilicensed?\b|\bdual license\b|\balternatively\b"
    r"|\b(?:at )?your (?:option|choice)\b(?! any later)(?! any newer)|\byou (?:may|can) choose\b"
    r"|\beither of\b|\bunder either\b|\beither the\b|\bof either license\b|\beither license\b"
)
_GNU = re.compile(
    r"\b(?:gnu )?(lesser |library |affero )?general public license\b"
    r"|\bgnu (lesser |affero )public license\b"
    r"|\bgnu ([al]?)gpl\b|\b([al]?)gpl(?= ?v?\d)|(?:under|license|licensed|the|or|and) ([al]?)gpl\b"
)
_GNU_AFTER, _GNU_BEFORE = 160, 40
_GNU_VERSION = re.compile(r"(?<![\w.])v?(\d(?:\.\d)?)(\+?)(?![\d.])")
_GNU_LATER = re.compile(
    r"\bany (?:later|newer)\b|\bor (?:later|newer|above|greater|higher)\b|\borlater\b"
)
# One of these is in all that follows.
_SIGNS = ("license", "gpl", "right", "cop", "proprietary", "confidential", "trade secret",
    "unauthorized", "cc0", "psf", "perl", "commons clause", "noncommercial")  # fmt: skip
_LETTER = {"lesser ": "L", "library ": "L", "affero ": "A", "l": "L", "a": "A"}
_PUBLISHED = {
    "": {"1": "1.0", "2": "2.0", "3": "3.0"},
    "L": {"2": "2.0", "2.0": "2.0", "2.1": "2.1", "3": "3.0"},
    "A": {"1": "1.0", "3": "3.0"},
}


def granted(words: Sequence[str]) -> list[str]:
    """The SPDX expressions of the licences that the words of a text grant by name.

    >>> granted("may be used under the mit license or the gnu gpl v2 or any later version".split())
    ['MIT', 'GPL-2.0-or-later']
    """
    text = " ".join(words)
    if not any(sign in text for sign in _SIGNS):
        return []
    return [licence for pattern, licence in _notices() if pattern.search(text)] + _gnu(text)


def _gnu(text: str) -> list[str]:
    """The GNU licences named; a mention without a version counts only where none has one."""
    exact: dict[str, None] = {}
    bare: dict[str, None] = {}
    for mention in _GNU.finditer(text):
        family = _LETTER.get(next(filter(None, mention.groups()), ""), "")
        after = text[mention.end() : mention.end() + _GNU_AFTER]
        version = _GNU_VERSION.search(after)
        if version is None:
            before = list(
                _GNU_VERSION.finditer(text[max(0, mention.start() - _GNU_BEFORE) : mention.start()])
            )
            version = before[-1] if before else None
        number = version and _PUBLISHED[family].get(version[1].removesuffix(".0"))
        if version and number:
            later = version[2] or _GNU_LATER.search(after)
            exact[f"{family}GPL-{number}-{'or-later' if later else 'only'}"] = None
        else:
            first = min(_PUBLISHED[family].values())
            bare[f"{family}GPL-{first}-or-later"] = None
    return list(exact or bare)


@cache
def _notices() -> tuple[tuple[re.Pattern[str], str], ...]:
    text = resources.files(__package__).joinpath("notices.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)["notice"]
    return tuple((re.compile(table["says"]), table["licence"]) for table in tables)
