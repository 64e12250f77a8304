"""TOML and INI files that strangers wrote, read in a time that their size bounds.

What they say of licences and of domains is read where those are.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

# `a.b.c = 1` costs the square of its parts.
_MOST_DOTS = 100
_PARTS = re.compile(r"[\n=,]")

_TITLE = re.compile(r"\[(.+)\]")
_MARK = re.compile(r"[=:]")


def toml(text: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ValueError: it is no TOML, or hostile.
        RecursionError: it is nested too deeply.
    """
    if any(part.count(".") > _MOST_DOTS for part in _PARTS.split(text)):
        raise ValueError("a key of too many parts")
    return tomllib.loads(text)


def ini(text: str) -> Mapping[str, Mapping[str, str]]:
    """The settings in each section of an INI file, a value's lines without indentation and blank ones.

    It is for what `configparser` reads, which may need the square of a line's length, and of the number
    of lines that it cannot read; here those set nothing, or an empty value.
    """
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}  # what comes before the first section counts for nothing
    value: list[str] = []
    margin = 0
    for line in text.split("\n"):
        content = line.strip()
        if not content or content[0] in "#;":
            continue
        indent = line.index(content)
        if value and indent > margin:
            value.append(content)
            continue
        margin, value = indent, []
        title = _TITLE.match(content)
        if title:
            section = sections.setdefault(title[1], {})
        else:
            name, *value = _MARK.split(content, maxsplit=1)
            section[name.rstrip().lower()] = value
    return {
        title: {name: "\n".join(value).strip() for name, value in settings.items()}
        for title, settings in sections.items()
    }
