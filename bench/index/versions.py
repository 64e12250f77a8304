"""Packages in two published versions: the older is indexed, lines new in the newer are predicted."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bench.corpus.rows import cache
from codekiln.corpus.sources import parse_source
from codekiln.evaluate.replay.added import added_lines
from codekiln.evaluate.replay.history import Edit
from codekiln.tokenizer import Tokenizer

SEPARATOR = b"\n"


@dataclass(frozen=True)
class Pair:
    """A package of PyPI and the two versions of it, some years apart."""

    name: str
    older: str
    newer: str

    @cached_property
    def known(self) -> dict[str, str]:
        """Path and text of the older version's modules: what is indexed."""
        return dict(_modules(f"{self.name}=={self.older}"))

    @cached_property
    def later(self) -> dict[str, str]:
        """Path and text of those modules of the newer version that do not stand in the older."""
        old = digests(self.known.values())
        modules = _modules(f"{self.name}=={self.newer}")
        return {path: text for path, text in modules if not digests([text]) & old}

    @cached_property
    def known_lines(self) -> frozenset[str]:
        """All lines of the older version, without the spaces around them."""
        return frozenset(line.strip() for text in self.known.values() for line in text.splitlines())


@dataclass(frozen=True)
class Line:
    """Where one new line lies in the ids of its file: `ids[start:stop]` are to be predicted.

    The last of them ends the line; it may hold more line ends and the next line's indentation.
    """

    start: int
    stop: int


Chosen = Callable[[Pair, str], Callable[[int, str], bool]]
"""From a package and the path of a file: whether a line, by number and content, is to be predicted."""


def new(pair: Pair, path: str) -> Callable[[int, str], bool]:  # noqa: ARG001
    """The lines that stand nowhere in the older version, spaces aside."""
    return lambda _, content: content.strip() not in pair.known_lines


def added(pair: Pair, path: str) -> Callable[[int, str], bool]:
    """The lines that the newer version added to a file, whether or not they stand elsewhere."""
    edit = Edit(path, pair.known.get(path, ""), pair.later[path])
    numbers = {line.number for line in added_lines(edit)}
    return lambda number, _: number in numbers


def lines_of(
    text: str, ids: list[int], tokenizer: Tokenizer, is_chosen: Callable[[int, str], bool]
) -> list[Line]:
    """Where the chosen lines of a text with a letter or digit lie in its ids."""
    pieces = [tokenizer.bytes_of(token) for token in ids]
    assert b"".join(pieces) == text.encode()
    lines, start, line, number = [], None, b"", 1
    for place, piece in enumerate(pieces):
        if start is None and piece.strip():
            start = place
        line += piece
        if SEPARATOR not in piece:
            continue
        content = line.partition(SEPARATOR)[0].decode(errors="replace")
        visible = any(sign.isalnum() for sign in content)
        if start is not None and visible and is_chosen(number, content):
            lines.append(Line(start, place + 1))
        number += line.count(SEPARATOR)
        line, start = b"", None
    return lines


def _modules(release: str) -> Iterator[tuple[str, str]]:
    """Python files of a wheel; what is no UTF-8 or ends lines in another way is left out."""
    source = parse_source(f"pypi:{release}", (), cache() / "downloads")
    for file in source.files():
        if file.path.endswith(".py") and not file.defect:
            text = file.read().decode(errors="replace")
            if "\r" not in text and "�" not in text:
                yield file.path, text
    source.close()


def digests(texts: Iterable[str]) -> set[str]:
    """SHA-256 of each."""
    return {hashlib.sha256(text.encode()).hexdigest() for text in texts}
