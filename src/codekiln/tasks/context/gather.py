"""What of other files goes into a prompt, within a budget, with a reason for each piece.

While somebody types, the answer should stay as it is, or what an engine has computed for the prompt is
lost: names and queries are taken from whole lines, in blocks counted from the file's beginning, and
pieces stand in the order of their paths.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from codekiln.languages import Language, detect
from codekiln.tasks.context.folder import WorkingFolder, refusal
from codekiln.tasks.context.imports import ALL, imports
from codekiln.tasks.context.resolve import Search
from codekiln.tokenizer import Tokenizer

BLOCK = 16  # lines: names count from one to two blocks before the cursor
LARGEST_SHARE = 2  # one piece may take at most one half of the budget
SIMILAR = 8  # hits that are looked at
RECENT = 8  # edited snippets that are looked at

_CHAIN = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_UNFINISHED = re.compile(r"\w*\Z")


@dataclass(frozen=True)
class Snippet:
    """A piece of a file of the folder."""

    path: str
    text: str


Similar = Callable[[str], Iterable[Snippet]]  # pieces that are like a text, the likest first


@dataclass(frozen=True)
class OpenFile:
    """The file that is being edited; `path` is from the folder's root."""

    path: str
    language: Language | None
    prefix: str
    suffix: str = ""


@dataclass(frozen=True)
class Piece:
    """What one reason puts into the prompt. `text` is whole lines; `tokens` counts a new path's line."""

    text: str
    path: str
    why: str
    score: float
    tokens: int


@dataclass(frozen=True)
class Dropped:
    """What was found and left out."""

    path: str
    why: str
    reason: str


@dataclass(frozen=True)
class Context:
    """The pieces in the order of the prompt; together they have at most `budget` tokens."""

    pieces: tuple[Piece, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    budget: int = 0
    language: Language | None = None
    style: Literal["comment", "code"] = "comment"

    @property
    def text(self) -> str:
        """The pieces below the paths they come from."""
        lines, path = [], None
        for piece in self.pieces:
            if piece.path != path:
                lines.append(_comment(self.language, piece.path))
                path = piece.path
            lines.append(piece.text)
        return "".join(lines)


@dataclass(frozen=True)
class _Candidate:
    path: str
    why: str
    score: float
    text: str


def gather(
    tokenizer: Tokenizer,
    file: OpenFile,
    budget: int,
    *,
    folder: WorkingFolder | None = None,
    similar: Similar | None = None,
    recent: Sequence[Snippet] = (),
    style: Literal["comment", "code"] = "comment",
) -> Context:
    """The best of: definitions of what is imported and used near the cursor, snippets edited lately
    (the last one first), pieces of the repository that are like the lines before the cursor.
    """
    dropped: list[Dropped] = []
    candidates: list[_Candidate] = []
    if folder and file.language:
        candidates += _definitions(file, folder, dropped)
    candidates += _snippets(recent[:RECENT], "edited recently", 0.9)
    if similar:
        hits = [hit for hit, _ in zip(similar(_lines_before(file)), range(SIMILAR), strict=False)]
        candidates += _snippets(hits, "similar to the lines before the cursor", 0.8)
    pieces: list[Piece] = []
    whole = file.prefix + file.suffix
    texts: set[str] = set()
    room = budget
    for candidate in sorted(candidates, key=lambda each: -each.score):
        text = _rendered(file.language, candidate.text, style)
        new = not any(piece.path == candidate.path for piece in pieces)
        tokens = _count(tokenizer, text) + new * _count(tokenizer, _comment(file.language, candidate.path))
        reason = refusal(candidate.path)
        if not reason and (candidate.text in texts or candidate.text.strip() in whole):
            reason = "there already"
        elif not reason and tokens > budget // LARGEST_SHARE:
            reason = f"too long: {tokens} tokens"
        elif not reason and tokens > room:
            reason = "no room left"
        if reason:
            dropped.append(Dropped(candidate.path, candidate.why, reason))
            continue
        texts.add(candidate.text)
        room -= tokens
        pieces.append(Piece(text, candidate.path, candidate.why, candidate.score, tokens))
    pieces.sort(key=lambda piece: (piece.path, piece.text))
    return Context(tuple(pieces), tuple(dropped), budget, file.language, style)


def _definitions(file: OpenFile, folder: WorkingFolder, dropped: list[Dropped]) -> Iterator[_Candidate]:
    assert file.language
    bound = imports(file.language, file.prefix) + imports(file.language, file.suffix)
    search, seen, score = Search(folder), set(), 1.0
    names = {each.name.partition(".")[0] for each in bound}
    for chain in _chains(file):
        if chain[0] not in names and ALL not in names:
            continue
        found = search.find(file.path, file.language, bound, chain)
        if found and (found.path, found.name) not in seen and found.path != file.path:
            seen.add((found.path, found.name))
            yield _Candidate(found.path, f"definition of {found.name}", score, found.outline)
            score *= 0.99
    dropped += [Dropped(path, "imported", reason) for path, reason in search.refused.items()]


def _snippets(snippets: Iterable[Snippet], why: str, score: float) -> Iterator[_Candidate]:
    for place, snippet in enumerate(snippets):
        yield _Candidate(snippet.path, why, score * 0.99**place, snippet.text)


def _chains(file: OpenFile) -> list[tuple[str, ...]]:
    """Names used from the block before the cursor's to the next lines, the nearest to the cursor first."""
    before = _UNFINISHED.sub("", _window(file))
    after = file.suffix[:2000].split("\n")[:BLOCK]
    near = [*reversed(_CHAIN.findall(before)), *_CHAIN.findall("\n".join(after))]
    return list(dict.fromkeys(tuple(name.split(".")) for name in near))


def _window(file: OpenFile) -> str:
    rows = file.prefix.count("\n")
    first = max((rows // BLOCK - 1) * BLOCK, 0)
    return "\n".join(file.prefix.rsplit("\n", rows - first + 1)[-(rows - first + 1) :])


def _lines_before(file: OpenFile) -> str:
    return _window(file).rpartition("\n")[0]


def _rendered(language: Language | None, text: str, style: str) -> str:
    text = text.strip("\n")
    return f"{text}\n" if style == "code" else _comment(language, text)


def _comment(language: Language | None, text: str) -> str:
    """Lines as comments of a language."""
    opening, closing = language.block_comment if language and language.block_comment else ("#", "")
    if language and language.line_comment:
        opening, closing = language.line_comment, ""
    return "".join(f"{opening} {line} {closing}".rstrip() + "\n" for line in text.splitlines())


@lru_cache(maxsize=1024)
def _count(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text))
