"""The registry of languages: `registry.toml` and `ambiguous.toml` as frozen objects.

Only the tables live here. Which language a file is in is found by `detection`, its syntax tree by
`parsing`, and what is done with a language is each caller's business.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

Kind = Literal["code", "markup", "data"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Language:
    """One language. `name` is what recipes and documents call it (`"cpp"`, not `"C++"`).

    Its `extensions` are those of no other language; shared ones are an `Ambiguity`. `grammar` is
    where its tree-sitter grammar is found: `module`, or `module:function`.
    """

    name: str
    kind: Kind
    extensions: tuple[str, ...]
    filenames: tuple[str, ...]
    interpreters: tuple[str, ...]
    aliases: tuple[str, ...]
    grammar: str | None
    line_comment: str | None
    block_comment: tuple[str, str] | None


@dataclass(frozen=True)
class Ambiguity:
    """An extension of several languages: how to tell them apart, and what it is if nothing tells.

    Each pattern is searched for in a text that begins with a line feed.
    """

    patterns: tuple[tuple[Language, re.Pattern[str]], ...]
    otherwise: Language | None

    @property
    def candidates(self) -> tuple[Language, ...]:
        """Every language that such a file may be in, the likeliest by its name first."""
        named = (self.otherwise, *(language for language, _ in self.patterns))
        return tuple(dict.fromkeys(language for language in named if language))


@cache
def languages() -> Mapping[str, Language]:
    """Every language by its name, in the order of the registry."""
    return MappingProxyType(
        {name: _language(name, table) for name, table in _read("registry.toml").items()}
    )


@cache
def ambiguities() -> Mapping[str, Ambiguity]:
    """Every extension that several languages share."""
    return MappingProxyType(
        {ending: _ambiguity(table) for ending, table in _read("ambiguous.toml").items()}
    )


def _read(name: str) -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)


def _language(name: str, table: dict[str, Any]) -> Language:
    kind, block = table.get("kind", "code"), table.get("block_comment")
    assert kind in KINDS, f"{name} is of no known kind: {kind}"
    return Language(
        name=name,
        kind=kind,
        extensions=tuple(table.get("extensions", ())),
        filenames=tuple(table.get("filenames", ())),
        interpreters=tuple(table.get("interpreters", ())),
        aliases=tuple(table.get("aliases", ())),
        grammar=table.get("grammar"),
        line_comment=table.get("line_comment"),
        block_comment=(block[0], block[1]) if block else None,
    )


def _ambiguity(table: dict[str, Any]) -> Ambiguity:
    otherwise = table.get("otherwise")
    return Ambiguity(
        patterns=tuple(
            # A pattern that opens with a literal is searched for by leaps; `^` would try every place.
            (languages()[name], re.compile(rf"\n[ \t]*+(?:{'|'.join(begins)})", re.MULTILINE))
            for name, begins in table.items()
            if name != "otherwise"
        ),
        otherwise=languages()[otherwise] if otherwise else None,
    )
