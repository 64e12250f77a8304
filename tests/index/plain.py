"""The index in its plainest form: every answer by looking at every place."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from codekiln.index import CAP

Ids = Sequence[int]


@dataclass(frozen=True)
class Letters:
    """A tokenizer of which only ids are asked: 0 ends a document, 1 is control, the rest is text."""

    vocabulary_size: int
    end: int = 0
    fingerprint: str = "letters"

    @cached_property
    def text_ids(self) -> frozenset[int]:
        return frozenset(range(2, self.vocabulary_size))

    def bytes_of(self, token: int) -> bytes:
        return {0: b"", 1: b"", 2: b"\n", 3: b"\n\n"}.get(token, b"x")


def continuations(documents: Sequence[Ids], context: Ids) -> tuple[int, list[Ids]]:
    """The longest end of a context that goes on in some document, and all that follows it there."""
    known = list(context)
    while any(token < 2 for token in known):
        known.pop(0)
    for length in range(min(CAP, len(known)), 0, -1):
        found = list(places(documents, known[-length:]))
        if found:
            return length, found
    return 0, []


def places(documents: Sequence[Ids], wanted: Ids) -> Iterator[Ids]:
    for document in documents:
        for start in range(len(document) - len(wanted)):
            if list(document[start : start + len(wanted)]) == list(wanted):
                yield document[start + len(wanted) :]


def drafted(found: list[Ids], n: int) -> list[int]:
    """What most continuations have, token by token; of equals the smallest."""
    draft: list[int] = []
    while len(draft) < n and (found := [rest for rest in found if len(rest) > len(draft)]):
        counts = Counter(rest[len(draft)] for rest in found)
        draft.append(min(counts, key=lambda token: (-counts[token], token)))
        found = [rest for rest in found if rest[len(draft) - 1] == draft[-1]]
    return draft
