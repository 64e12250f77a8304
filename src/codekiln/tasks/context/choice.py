"""The choice: definitions of imported names, snippets edited lately, hits of the index, by one budget.

While somebody types, the choice should stay as it is, or what an engine has computed for the prompt is
lost. So names and queries are taken from whole lines, in blocks counted from the file's beginning.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from codekiln.languages import Language
from codekiln.tasks.context.folder import Folder, refusal
from codekiln.tasks.context.imports import ALL, imports
from codekiln.tasks.context.piece import Context, Dropped, Piece, Snippet, commented, ordered
from codekiln.tasks.context.resolve import Search
from codekiln.tokenizer import Tokenizer

BLOCK = 16  # lines: what is near the cursor begins one to two blocks above it
QUERY = 4  # lines after which the index is asked anew
AHEAD = 1000  # characters behind the cursor in which names count
LARGEST_SHARE = 2  # one piece may take at most one half of the budget
SNIPPETS = 8  # of each source of them that are looked at
SAME = 0.8  # of a piece's lines; one of which so many are in the file already says nothing new

# The order in which the budget is spent. Within a source each piece counts 1 % less than the one before.
DEFINITION, RECENT, SIMILAR = 1.0, 0.9, 0.8
NEXT = 0.99

_CHAIN = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_UNFINISHED = re.compile(r"\w*\Z")

Similar = Callable[[str], Iterable[Snippet]]
"""Pieces of the repository that are like the given lines, the likest first; the index serves it."""


@dataclass(frozen=True)
class OpenFile:
    """The file that is edited; `path` is from the root of the folder, and need not exist there."""

    path: str
    language: Language | None
    prefix: str
    suffix: str = ""


@dataclass(frozen=True)
class _Candidate:
    """A piece before it is chosen; `short` is what may stand for it if it is too long."""

    path: str
    why: str
    score: float
    text: str
    short: str


def gather(
    tokenizer: Tokenizer,
    file: OpenFile,
    budget: int,
    *,
    folder: Folder | None = None,
    similar: Similar | None = None,
    recent: Sequence[Snippet] = (),
) -> Context:
    """What fits into `budget` tokens of what helps at the cursor; the same for the same arguments.

    `recent` are snippets the user has edited, the last one first. A definition that is too long with its
    members comes without them, a snippet that is too long as its first half. Nothing is in it that the
    open file has already, or that is hidden or named like a secret.
    """
    search = Search(folder) if folder else None
    candidates = list(_definitions(file, search)) if search else []
    candidates += _snippets(recent, "edited recently", RECENT)
    if similar:
        hits = similar(_query(file))
        candidates += _snippets(hits, "similar to the lines before the cursor", SIMILAR)
    choice = _Choice(tokenizer, file, budget)
    for candidate in sorted(candidates, key=lambda each: -each.score):
        choice.consider(candidate)
    refused = search.refused.items() if search else ()
    dropped = [Dropped(path, "imported", reason) for path, reason in refused] + choice.dropped
    return Context(ordered(file.language, choice.pieces), tuple(dropped))


class _Choice:
    """Takes candidates, the best first, while the budget lasts."""

    def __init__(self, tokenizer: Tokenizer, file: OpenFile, budget: int) -> None:
        self.pieces: list[Piece] = []
        self.dropped: list[Dropped] = []
        self._tokenizer, self._language, self._budget = tokenizer, file.language, budget
        self._room = budget
        self._lines = {line.strip() for line in (file.prefix + file.suffix).split("\n")}

    def consider(self, candidate: _Candidate) -> None:
        """Take it, in its short form if it must be, or say why not."""
        for text in dict.fromkeys((candidate.text, candidate.short)):
            tokens = self._tokens(candidate.path, text)
            reason = refusal(candidate.path) or self._objection(text, tokens)
            if not reason:
                break
        if reason:
            self.dropped.append(Dropped(candidate.path, candidate.why, reason))
            return
        self._room -= tokens
        self._lines.update(map(str.strip, text.split("\n")))
        body = commented(self._language, text)
        self.pieces.append(Piece(body, candidate.path, candidate.why, candidate.score, tokens))

    def _objection(self, text: str, tokens: int) -> str:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if sum(line in self._lines for line in lines) >= SAME * len(lines):
            return "there already"
        if tokens > self._budget // LARGEST_SHARE:
            return f"too long: {tokens} tokens"
        return f"no room left for {tokens} tokens" if tokens > self._room else ""

    def _tokens(self, path: str, text: str) -> int:
        heading = "" if any(piece.path == path for piece in self.pieces) else path
        return sum(
            _count(self._tokenizer, commented(self._language, part)) for part in (heading, text)
        )


def _definitions(file: OpenFile, search: Search) -> Iterator[_Candidate]:
    """Of imported names used near the cursor, in the order of their last use."""
    if file.language is None:
        return
    bound = [*imports(file.language, file.prefix), *imports(file.language, file.suffix)]
    names = {each.name.partition(".")[0] for each in bound}
    found = (
        search.find(file.path, file.language, bound, chain)
        for chain in _chains(file)
        if chain[0] in names or ALL in names
    )
    others = dict.fromkeys(each for each in found if each and each.path != file.path)
    for place, each in enumerate(others):
        why, outline = f"definition of {each.name}", each.outline
        score = DEFINITION * NEXT**place
        yield _Candidate(each.path, why, score, outline.full, outline.short)


def _snippets(snippets: Iterable[Snippet], why: str, score: float) -> Iterator[_Candidate]:
    for place, each in enumerate(islice(snippets, SNIPPETS)):
        yield _Candidate(each.path, why, score * NEXT**place, each.text, _first_half(each.text))


def _first_half(text: str) -> str:
    lines = text.splitlines(keepends=True)
    return "".join(lines[: -(-len(lines) // 2)])


def _chains(file: OpenFile) -> list[tuple[str, ...]]:
    """Dotted names around the cursor, the nearest before it first; the word being typed is none yet."""
    before = _CHAIN.findall(_UNFINISHED.sub("", _near(file)))
    after = _CHAIN.findall(file.suffix[:AHEAD].rpartition("\n")[0])
    return [tuple(name.split(".")) for name in dict.fromkeys([*reversed(before), *after])]


def _near(file: OpenFile) -> str:
    """The lines up to the cursor from the beginning of the block before its own."""
    row = file.prefix.count("\n")
    first = max(row // BLOCK - 1, 0) * BLOCK
    return "\n".join(file.prefix.rsplit("\n", row - first + 1)[-(row - first + 1) :])


def _query(file: OpenFile) -> str:
    """The lines before the cursor, up to a place that moves every few lines."""
    row = file.prefix.count("\n")
    lines = _near(file).split("\n")
    return "\n".join(lines[: len(lines) - 1 - row % QUERY])


@lru_cache(maxsize=1024)
def _count(tokenizer: Tokenizer, text: str) -> int:
    return len(tokenizer.encode(text))
