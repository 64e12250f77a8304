"""The registry of languages: `registry.toml` as frozen objects, and which one a file is in.

Only names and a file's first line are looked at here; parsing lives beside this file, and what is
done with a language is each caller's business.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Literal, get_args

Kind = Literal["code", "markup", "data"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_SHEBANG = re.compile(r"#!\s*(\S+)(.*)")
_VERSION = re.compile(r"[\d.]+$")


@dataclass(frozen=True)
class Language:
    """One language. `name` is what recipes and documents call it (`"cpp"`, not `"C++"`)."""

    name: str
    kind: Kind
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    interpreters: tuple[str, ...]
    line_comment: str | None
    block_comment: tuple[str, str] | None


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its name, in the order of the registry."""
    text = resources.files(__package__).joinpath("registry.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {name: _language(name, table) for name, table in tomllib.loads(text).items()}
    )


def language_of(path: str, first_line: str = "") -> Language | None:
    """The language of a file, from its name, its longest known extension, or its `#!` line.

    >>> language_of("src/app/index.d.ts").name
    'typescript'
    >>> language_of("bin/serve", "#!/usr/bin/env -S python3.11 -u").name
    'python'
    """
    name = re.split(r"[/\\]", path)[-1]
    by_filename, by_extension, by_interpreter = _tables()
    if name in by_filename:
        return by_filename[name]
    lowered = name.lower()
    dots = [place for place, letter in enumerate(lowered) if letter == "." and place > 0]
    for place in dots:  # left to right, so the longest extension comes first
        if lowered[place:] in by_extension:
            return by_extension[lowered[place:]]
    return by_interpreter.get(_interpreter(first_line))


@cache
def _tables() -> tuple[dict[str, Language], dict[str, Language], dict[str, Language]]:
    every = languages().values()
    return (
        {name: language for language in every for name in language.filenames},
        {ending: language for language in every for ending in language.extensions},
        {program: language for language in every for program in language.interpreters},
    )


def _interpreter(first_line: str) -> str:
    match = _SHEBANG.match(first_line)
    if not match:
        return ""
    program = match[1].rpartition("/")[2]
    if program == "env":
        words = [word for word in match[2].split() if not word.startswith("-") and "=" not in word]
        program = words[0].rpartition("/")[2] if words else ""
    return _VERSION.sub("", program)


def _language(name: str, table: dict[str, object]) -> Language:
    def strings(key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        assert isinstance(value, list)
        return tuple(map(str, value))

    kind, line, block = (
        table.get("kind", "code"),
        table.get("line_comment"),
        strings("block_comment"),
    )
    assert kind in KINDS, f"{name} is of no known kind: {kind}"
    return Language(
        name=name,
        kind=kind,
        extensions=strings("extensions"),
        filenames=strings("filenames"),
        interpreters=strings("interpreters"),
        line_comment=None if line is None else str(line),
        block_comment=(block[0], block[1]) if block else None,
    )
