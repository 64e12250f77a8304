"""The page about one file's tokens: its text in the colours of its lexemes, token by token."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import write_atomically
from codekiln.errors import UsageError
from codekiln.languages import LEXICAL_KINDS
from codekiln.pipeline.report.heatmap import visible
from codekiln.pipeline.report.page import render
from codekiln.tokenizer.lexical import Analysis, Token


@dataclass(frozen=True)
class Part:
    """What a token has of one lexeme, as it can be shown."""

    text: str
    kind: str


@dataclass(frozen=True)
class Span:
    """One token: its parts, and its id, kinds and bytes as a hint."""

    parts: tuple[Part, ...]
    hint: str
    crosses: bool


@dataclass(frozen=True)
class Row:
    """How many tokens and bytes there are of one kind."""

    kind: str
    tokens: int
    bytes: int
    share: float  # of all tokens


def write_token_page(found: Analysis, file: str, path: Path) -> None:
    """Write the page.

    Raises:
        UsageError: nothing can be written there.
    """
    count, size = len(found.tokens), len(found.content)
    content = render(
        "tokens.html",
        file=file,
        language=found.language or "no language that we know",
        note=found.note,
        figures=[
            ("tokens", f"{count:,}"),
            ("bytes", f"{size:,}"),
            ("bytes a token", f"{size / max(count, 1):.2f}"),
            ("tokens that cross a lexeme", f"{found.crossing / max(count, 1):.1%}"),
        ],
        kinds=LEXICAL_KINDS,
        rows=list(_rows(found)),
        spans=[_span(found.content, token) for token in found.tokens],
    )
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written ({error.strerror}): give another place with --html."
        ) from None


def shown(piece: bytes) -> str:
    r"""Bytes as text that can be seen; those that are no whole characters as numbers.

    >>> shown(b"a\n"), shown("日".encode()[:2])
    ('a↵\n', '‹e6 97›')
    """
    try:
        return visible(piece.decode()).replace("\n", "↵\n")
    except UnicodeDecodeError:
        return f"‹{piece.hex(' ')}›"


def _span(content: bytes, token: Token) -> Span:
    piece = content[token.start : token.end]
    kinds = " and ".join(token.kinds)
    hint = f"{token.id}: {'crosses ' if token.crosses else ''}{kinds}, bytes {piece.hex(' ')}"
    return Span(
        tuple(Part(shown(content[start:end]), kind) for start, end, kind in token.parts),
        hint,
        token.crosses,
    )


def _rows(found: Analysis) -> list[Row]:
    """The kinds that there are, the most frequent first; tokens that cross are a kind of their own."""
    tokens: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for token in found.tokens:
        kind = "more than one lexeme" if token.crosses else token.kinds[0]
        tokens[kind] += 1
        sizes[kind] += token.end - token.start
    total = max(len(found.tokens), 1)
    return [Row(kind, count, sizes[kind], count / total) for kind, count in tokens.most_common()]
