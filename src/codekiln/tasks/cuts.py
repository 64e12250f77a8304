"""Where a completion begins and ends: at nodes of the syntax tree, at the rest of a line, or anywhere.

Cuts at nodes teach to write something whole; cuts anywhere, what happens while somebody types.
"""

import random
import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np

from codekiln.languages import Language, lex, parse

SHORTEST, LONGEST = 2, 1200  # characters of an answer that count
LINES = 20  # of an answer
_WORD = re.compile(r"\w")


class Cut(NamedTuple):
    """Characters `start` to `end` of a text are what is to be written."""

    kind: str
    start: int
    end: int


def cuts(language: Language, text: str, wanted: int, generator: random.Random) -> list[Cut]:
    """At most `wanted` cuts of different kinds and places, in the order of the text.

    The kinds come by turns, so that expressions, of which there are most, do not drown the others. Only
    cuts at random where the language has no grammar or parsing was given up.
    """
    found = _candidates(language, text)
    for places in found.values():
        generator.shuffle(places)
    chosen: dict[tuple[int, int], str] = {}
    while len(chosen) < wanted and any(found.values()):
        kinds = [kind for kind, places in found.items() if places]
        kind = generator.choice(kinds)
        start, end = found[kind].pop()
        if _is_telling(text[start:end]):
            chosen.setdefault((start, end), kind)
    return sorted((Cut(kind, *place) for place, kind in chosen.items()), key=lambda cut: cut.start)


def _candidates(language: Language, text: str) -> dict[str, list[tuple[int, int]]]:
    """All places by kind."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    content = text.encode()
    characters = _Characters(content)
    tree = parse(language, content)
    waiting = [tree.root_node] if tree else []
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.named_children)
        for kind, pattern in _patterns().items():
            if not node.has_error and node.parent is not None and pattern.fullmatch(node.type):
                start, end = node.start_byte, node.end_byte
                if content[start : start + 1] in (b"(", b"{") and kind != "expression":
                    start, end = start + 1, end - 1  # what the brackets hold; an editor closes them
                if end > start:
                    found[kind].append((characters.place(start), characters.place(end)))
    found["line"] = _rests(language, text, content, characters)
    found["random"] = _anywhere(text)
    return found


def _rests(
    language: Language, text: str, content: bytes, characters: "_Characters"
) -> list[tuple[int, int]]:
    """From the beginning of each lexeme to the end of its line."""
    rests = []
    for lexeme in lex(language, content) or []:
        if lexeme.kind not in ("whitespace", "comment"):
            start = characters.place(lexeme.start)
            end = text.find("\n", start)
            rests.append((start, len(text) if end < 0 else end))
    return rests


def _anywhere(text: str) -> list[tuple[int, int]]:
    """Stretches from any character to any other of the same line or one of the next."""
    generator = random.Random(text[:1000])
    places = []
    for _ in range(64):
        start = generator.randrange(max(1, len(text)))
        places.append((start, min(len(text), start + generator.randint(1, LONGEST // 4))))
    return places


def _is_telling(answer: str) -> bool:
    said = answer.strip()
    return (
        SHORTEST <= len(said) <= LONGEST and answer.count("\n") < LINES and bool(_WORD.search(said))
    )


class _Characters:
    """Places in bytes as places in characters."""

    def __init__(self, content: bytes) -> None:
        starts = (np.frombuffer(content, np.uint8) & 0xC0) != 0x80
        self._before = None if content.isascii() else np.concatenate([[0], np.cumsum(starts)])

    def place(self, byte: int) -> int:
        return byte if self._before is None else int(self._before[byte])


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = resources.files(__package__).joinpath("cuts.toml").read_text(encoding="utf-8")
    return {kind: re.compile(pattern) for kind, pattern in tomllib.loads(text).items()}
