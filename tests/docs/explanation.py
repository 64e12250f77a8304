"""The page that explains the road, taken apart: formulas, where each leads, what is worked by hand."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BY_HAND = re.compile(r"\*(?:By hand\.|手算。)\*.*?(?=\n\n|\Z)", re.DOTALL)
FORMULA = re.compile(r"^((?:    \S.*\n)+)\n↳ (.*)\n", re.MULTILINE)
INDENTED = re.compile(r"^(?:    \S.*\n)+", re.MULTILINE)
LINK = re.compile(r"\[`([\w.]+)`\]\(\.\./([\w/]+\.py)\)")


@dataclass(frozen=True)
class Formula:
    """Lines of mathematics; `links` are pairs of symbol and file, `worked` is the text that works it."""

    lines: str
    links: tuple[tuple[str, str], ...]
    worked: str

    @property
    def name(self) -> str:
        return self.lines.splitlines()[0].strip()


def formulas(text: str) -> list[Formula]:
    """Each block with an arrow; its text goes to the next one, and at least over one example by hand."""
    found = list(FORMULA.finditer(text))
    starts = [match.start() for match in found[1:]] + [len(text)]
    taken = []
    for match, following in zip(found, starts, strict=True):
        example = BY_HAND.search(text, match.end())
        assert example, match[1]
        worked = text[match.end() : max(following, example.end())]
        taken.append(Formula(match[1], tuple(LINK.findall(match[2])), worked))
    return taken


def has(symbol: str, path: Path) -> bool:
    """Whether a file defines a function, a class, or with a dot a method of one."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for name in symbol.split("."):
        node = next((node for node in body if getattr(node, "name", None) == name), None)
        if node is None:
            return False
        body = getattr(node, "body", [])
    return True
