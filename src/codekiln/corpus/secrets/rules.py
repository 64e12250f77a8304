"""The rules of `rules.toml` as frozen objects. How they are applied is not known here."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from codekiln.corpus.secrets.checks import CHECKS, Check, anything
from codekiln.corpus.secrets.randomness import entropy


@dataclass(frozen=True)
class Rule:
    """One sort of secret: a format, which has `keywords`, or a value that follows its `names`."""

    id: str
    kind: str
    rank: int
    pattern: re.Pattern[str]
    harmless: re.Pattern[str]
    keywords: tuple[str, ...]
    names: tuple[str, ...]
    after: re.Pattern[str]
    check: Check
    min_entropy: float
    leading: str
    inside_words: bool
    short: bool

    def accepts(self, value: str, before: str) -> bool:
        """Whether a value of the right form is a secret; `before` is its line up to there."""
        return (
            entropy(value) >= self.min_entropy
            and not self.harmless.search(value)
            and self.check(value, before)
        )


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule; the order is that of the file, and the rank says so."""
    text = resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    harmless = re.compile(document["harmless"])
    return tuple(_rule(rank, table, harmless) for rank, table in enumerate(document["rule"]))


def _rule(rank: int, table: dict[str, Any], harmless: re.Pattern[str]) -> Rule:
    return Rule(
        id=table["id"],
        kind=table["kind"],
        rank=rank,
        pattern=re.compile(table["pattern"], re.ASCII),
        harmless=harmless,
        keywords=tuple(table.get("keywords", ())),
        names=tuple(table.get("names", ())),
        after=re.compile(table.get("after", "")),
        check=CHECKS[table["check"]] if "check" in table else anything,
        min_entropy=table.get("min_entropy", 0.0),
        leading=table.get("leading", ""),
        inside_words=table.get("inside_words", False),
        short=table.get("short", False),
    )
