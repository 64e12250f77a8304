"""What a context is made of, and how its pieces are written into the prompt.

Pieces are comments of the open file's language. A model has seen other files as documents of their own,
which attention keeps apart; comments in the same file it has seen, and they never change what the file
means (docs/log.md has the comparison with plain code).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from codekiln.languages import Language


@dataclass(frozen=True)
class Snippet:
    """Some lines of a file; `path` is from the root of the folder."""

    path: str
    text: str


@dataclass(frozen=True)
class Piece:
    """What one reason puts into the prompt: `text` is whole lines of comment, `score` at most 1."""

    text: str
    path: str
    why: str
    score: float
    tokens: int


@dataclass(frozen=True)
class Dropped:
    """What was found and left out, and the reason."""

    path: str
    why: str
    reason: str


@dataclass(frozen=True)
class Context:
    """Pieces in the order in which they stand in the prompt, and what was left out."""

    pieces: tuple[Piece, ...] = ()
    dropped: tuple[Dropped, ...] = ()

    @property
    def text(self) -> str:
        """What `completion_prompt` puts in front of the open file."""
        return "".join(piece.text for piece in self.pieces)


def ordered(language: Language | None, pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """By path, and not by a score that changes while somebody types; the path stands above its pieces."""
    by_path = sorted(pieces, key=lambda piece: (piece.path, piece.text))
    headed = []
    for path, group in groupby(by_path, key=lambda piece: piece.path):
        first, *others = group
        text = commented(language, path) + first.text
        headed += [Piece(text, path, first.why, first.score, first.tokens), *others]
    return tuple(headed)


def commented(language: Language | None, text: str) -> str:
    """Lines as comments of a language, `#` if it has none or is not known.

    >>> commented(None, "one\\n\\ntwo")
    '# one\\n#\\n# two\\n'
    """
    opening, closing = "#", ""
    if language and language.line_comment:
        opening = language.line_comment
    elif language and language.block_comment:
        opening, closing = language.block_comment
        text = text.replace(closing, "")
    lines = text.strip("\n").splitlines()
    return "".join(f"{opening} {line} {closing}".rstrip() + "\n" for line in lines)
