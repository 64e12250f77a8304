"""What a text imports, by the patterns of `imports.toml`: one set of them for a family of languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from codekiln.corpus.domains.rules import load

_NAME = re.compile(r"[^\s,]+")


@dataclass(frozen=True)
class Family:
    """Languages that import in the same way."""

    name: str
    patterns: tuple[re.Pattern[str], ...]

    def names(self, text: str) -> set[str]:
        """What a text imports: modules, packages or headers, with parts of them and noise."""
        text = f"\n{text}"
        found = {name for pattern in self.patterns for name in pattern.findall(text)}
        return {name for names in found for name in _NAME.findall(names)}


@cache
def family_of(language: str) -> Family | None:
    """The family of a language, if its imports are known."""
    return next((family for family, languages in _families() if language in languages), None)


def _families() -> Iterator[tuple[Family, list[str]]]:
    for name, table in load("imports.toml").items():
        yield Family(name, tuple(map(re.compile, table["patterns"]))), table["languages"]
