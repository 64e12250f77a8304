"""What a filter sees of a file, what it answers, and the dials that a recipe has."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from codekiln.corpus.filters.bounds import Bounds, bounds
from codekiln.languages import Language

_RARE = re.compile(r"[^\x00-\x7f]+")
_LETTERS = bytes(byte for byte in range(128) if chr(byte).isalpha())
_DIGITS = bytes(byte for byte in range(128) if chr(byte).isdigit())


@dataclass(frozen=True)
class Rules:
    """The dials of the rules, and what the recipe chose."""

    kinds: tuple[str, ...] = ("code",)
    languages: tuple[str, ...] = ()
    max_bytes: int = 1_000_000
    max_line: int = 1000
    max_mean_line: int = 100


@dataclass(frozen=True)
class Candidate:
    """A file on its way through the rules; what is not known yet is empty or None."""

    path: str
    size: int | None = None
    language: Language | None = None
    raw: bytes = b""
    text: str = ""

    @property
    def nameless(self) -> bool:
        """Whether the name has no ending that could tell a language, so that its content may."""
        return "." not in self.path.rpartition("/")[2].lstrip(".")

    @cached_property
    def bounds(self) -> Bounds:
        """The bounds of its language."""
        return bounds(self.language.name if self.language else "")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, one at least."""
        return self.text.splitlines() or [""]

    @cached_property
    def octets(self) -> bytes:
        """The text in UTF-8: what `raw` is, without a byte order mark."""
        return self.text.encode()

    @cached_property
    def letters_and_digits(self) -> tuple[int, int]:
        """How many letters the text has, and how many other alphanumeric characters."""
        without = self.octets.translate(None, _LETTERS)
        letters = len(self.octets) - len(without)
        others = len(without) - len(without.translate(None, _DIGITS))
        if len(self.octets) == len(self.text):
            return letters, others
        rare = "".join(_RARE.findall(self.text))
        rare_letters = sum(map(str.isalpha, rare))
        return letters + rare_letters, others + sum(map(str.isalnum, rare)) - rare_letters


@dataclass(frozen=True)
class Verdict:
    """Whether a rule keeps a file and, if not, the reason and a detail for a person."""

    keep: bool
    reason: str = ""
    detail: str = ""


Filter = Callable[[Candidate, Rules], Verdict]
KEEP = Verdict(True)


def reject(reason: str, detail: str = "") -> Verdict:
    """The verdict of a rule that does not keep a file."""
    return Verdict(False, reason, detail)


def judge(filters: tuple[Filter, ...], candidate: Candidate, rules: Rules) -> Verdict:
    """The verdict of the first filter that says no, or `KEEP`."""
    for rule in filters:
        verdict = rule(candidate, rules)
        if not verdict.keep:
            return verdict
    return KEEP
