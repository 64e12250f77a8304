"""Packages in two published versions: the older is indexed, lines new in the newer are predicted."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bench.corpus.rows import cache
from codekiln.corpus.sources import parse_source
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


def new_lines(pair: Pair, text: str, ids: list[int], tokenizer: Tokenizer) -> list[Line]:
    """The lines of a file of the newer version that stand nowhere in the older, spaces aside."""
    pieces = [tokenizer.bytes_of(token) for token in ids]
    assert b"".join(pieces) == text.encode()
    lines, start, line = [], None, b""
    for place, piece in enumerate(pieces):
        if start is None and piece.strip():
            start = place
        line += piece
        if SEPARATOR not in piece:
            continue
        content = line.partition(SEPARATOR)[0] if line.strip() else b""
        new = content.decode(errors="replace").strip() not in pair.known_lines
        if (
            start is not None
            and new
            and any(sign.isalnum() for sign in content.decode(errors="replace"))
        ):
            lines.append(Line(start, place + 1))
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
