"""An index: shards that answer together, what followed a context and how it went on."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from codekiln.artifact import open_artifact
from codekiln.errors import ArtifactError
from codekiln.index.match import NO_MATCH, Match, TokenArray
from codekiln.index.origins import Origin
from codekiln.index.shard import Places, Shard, Span, token_type
from codekiln.tokenizer import Tokenizer

CAP = 64  # ids of a context that are looked up at most, which bounds the time of a query
SAMPLE = 1024  # places of a match that are looked at, evenly over its range
STRIDE = 16  # ids by which a context may have grown since the last one to be looked up for less

Found = list[tuple[Shard, Span]]


class Place(NamedTuple):
    """Where a token stands: its document, and the line there, counted from 1."""

    origin: Origin
    line: int


class Index:
    """Shards of one tokenizer; documents may be taken away, and nothing is added.

    Contexts are looked up from their last control token on, `CAP` ids at most.
    """

    def __init__(self, tokenizer: Tokenizer, shards: Sequence[Shard]) -> None:
        """Answer from `shards`, which were all built with this tokenizer."""
        self.tokenizer, self.shards = tokenizer, tuple(shards)
        self._type = token_type(tokenizer)
        # The end of the last context, how much matched, and where. Only a bound is taken from it, so that
        # answers depend on the context alone; it is replaced whole, so that threads may share an index.
        self._last: tuple[bytes, int, list[Shard]] = (b"", 0, [])

    @classmethod
    def of(
        cls,
        tokenizer: Tokenizer,
        documents: Sequence[Sequence[int]],
        origins: Sequence[Origin] | None = None,
    ) -> "Index":
        """An index in memory, as of the file that is open; a control token ends a document there."""
        text, end = tokenizer.text_ids, tokenizer.end
        plain = [[token if token in text else end for token in ids] for ids in documents]
        if not any(plain):
            return cls(tokenizer, [])
        origins = origins or [Origin("", "")] * len(plain)
        return cls(tokenizer, [Shard.build(tokenizer, plain, origins)])

    @classmethod
    def open(cls, path: Path, tokenizer: Tokenizer) -> "Index":
        """The index of an artifact.

        Raises:
            ArtifactError: it is damaged, no index, or that of another tokenizer.
        """
        artifact = open_artifact(path, "index")
        artifact.verify_younger()
        if artifact.statistics["tokenizer_sha256"] != tokenizer.fingerprint:
            raise ArtifactError(
                f"{path} was made with another tokenizer: build an index with this model's."
            )
        folders = sorted({file.parent for file in artifact.files("shard-")})
        return cls(tokenizer, [Shard.open(folder, tokenizer) for folder in folders])

    def without(self, path: str) -> "Index":
        """The same but for the documents of one path, as they are now.

        The open file, as it was when it was saved, says that what is to be written is what stands behind
        the cursor already.
        """
        return Index(self.tokenizer, [_without(shard, path) for shard in self.shards])

    @property
    def tokens(self) -> int:
        """How many tokens it has, ends of documents included."""
        return sum(map(len, self.shards))

    def match(self, context: Sequence[int]) -> Match:
        """The longest match of a context's end that goes on, over all shards.

        Where it stands at more than `SAMPLE` places, `count` is estimated from those looked at.
        """
        found = self._longest(context)
        if not found:
            return NO_MATCH
        behind, step = _sampled(found)
        ids = np.concatenate(
            [shard.tokens[places] for (shard, _), places in zip(found, behind, strict=True)]
        )
        if not len(ids):  # its documents were taken away this moment
            return NO_MATCH
        followers, counts = np.unique(ids.astype(np.int64), return_counts=True)
        return Match(found[0][1].length, len(ids) * step, followers, counts.astype(np.int64))

    def draft(self, context: Sequence[int], n: int) -> list[int]:
        """Up to `n` ids: at each place the one that most matches have, of those that agreed so far.

        A document that ends has no more say; of ids that as many have, the smallest goes.
        """
        found = self._longest(context)
        if not found or n < 1:
            return []
        behind, _ = _sampled(found)
        ahead = np.concatenate(
            [shard.following(places, n) for (shard, _), places in zip(found, behind, strict=True)]
        )
        drafted: list[int] = []
        for depth in range(n):
            ahead = ahead[ahead[:, depth] != self.tokenizer.end]
            if not len(ahead):
                break
            drafted.append(_commonest(ahead[:, depth]))
            ahead = ahead[ahead[:, depth] == drafted[-1]]
        return drafted

    def place(self, shard: Shard, position: int) -> Place:
        """The document and the line that a token of one shard stands in."""
        document = int(shard.documents_of(position))
        before = shard.tokens[int(shard.starts[document]) : position]
        return Place(shard.origins[document], 1 + int(_newlines(self.tokenizer)[before].sum()))

    def _longest(self, context: Sequence[int]) -> Found:
        """The spans of the longest match in the shards that have it."""
        tail = self._tail(context)
        before, length, had = self._last
        most = self._bound(tail, before, length)
        found: Found = []
        length = 0
        # A shard with a long match first: all others are then asked only whether they have that one.
        for shard in sorted(self.shards, key=lambda shard: shard not in had) if most else ():
            span = shard.longest(tail, max(length, 1), most)
            if span:
                found = [*found, (shard, span)] if span.length == length else [(shard, span)]
                length = span.length
        self._last = (tail, length, [shard for shard, _ in found])
        return found

    def _bound(self, tail: bytes, before: bytes, length: int) -> int:
        """The most that can match: the last match and what the context has gained since, if it went on."""
        width = self._type.itemsize
        size = len(tail) // width
        for more in range(min(STRIDE, size) + 1):
            known = size - more
            if before.endswith(tail[: known * width]):
                return min(length, known) + more
        return size

    def _tail(self, context: Sequence[int]) -> bytes:
        tail = list(context[-CAP:])
        text = self.tokenizer.text_ids
        start = next((n for n in range(len(tail), 0, -1) if tail[n - 1] not in text), 0)
        return np.array(tail[start:], self._type).tobytes()


def _without(shard: Shard, path: str) -> Shard:
    named = shard.numbers.get(path)
    return shard.without(named) if named else shard


@lru_cache(maxsize=2)
def _newlines(tokenizer: Tokenizer) -> TokenArray:
    """How many lines each id ends."""
    pieces = map(tokenizer.bytes_of, range(tokenizer.vocabulary_size))
    return np.array([piece.count(b"\n") for piece in pieces], np.int64)


def _commonest(ids: TokenArray) -> int:
    if (ids == ids[0]).all():  # mostly, and a tenth of the time
        return int(ids[0])
    distinct, counts = np.unique(ids, return_counts=True)
    return int(distinct[counts.argmax()])


def _sampled(found: Found) -> tuple[list[Places], int]:
    """The positions behind the places of a match, shard by shard: every one, or one of `step`."""
    step = -(-sum(span.high - span.low for _, span in found) // SAMPLE)
    behind = [shard.followed(span, step) for shard, span in found]
    if any(map(len, behind)):
        return behind, step
    return [shard.followed(span) for shard, span in found], 1  # the few that go on are all others
