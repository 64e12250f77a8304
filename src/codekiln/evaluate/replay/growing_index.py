"""The index of a repository as it stood at one moment of its history; it moves on with each step.

As `index.folder` does it in an editor, but in memory: the corpus' rules choose what enters and take
secrets out, a changed file is a small shard, and its old text stops matching.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy.typing as npt

from codekiln.corpus.cleaning import Cleaner, Raw, Refused
from codekiln.evaluate.replay.history import RULES, Files
from codekiln.index import Index, Match, Origin, Shard
from codekiln.index.intake import NO_BENCHMARKS
from codekiln.index.provenance import OWN
from codekiln.index.shard import BATCH, encode_texts
from codekiln.inputs.shards import blocks
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer

SHARDS = 8  # more of them are made one, but for the largest


_Document = tuple[npt.NDArray[Any], Origin]


class GrowingIndex:
    """A `Matcher` over files as they were last put."""

    def __init__(self, tokenizer: Tokenizer, repository: str) -> None:
        """Nothing is in it yet."""
        self.index = Index(tokenizer, [])
        self._tokenizer, self._repository = tokenizer, repository
        self._cleaner = Cleaner(RULES, frozenset(), NO_BENCHMARKS)
        self._places: dict[str, tuple[Shard, int]] = {}

    def match(self, context: Sequence[int]) -> Match:
        """As `Index.match`."""
        return self.index.match(context)

    def draft(self, context: Sequence[int], n: int) -> list[int]:
        """As `Index.draft`."""
        return self.index.draft(context, n)

    def begin(self, files: Files, go_on: Callable[[], bool] = lambda: True) -> None:
        """Have the files match with which a history starts, or the first of them, while `go_on` says so."""
        documents: list[_Document] = []
        with progress("index", len(files), "files") as task:
            for block in blocks(files.items(), BATCH):
                if not go_on():
                    break
                documents += self._documents(block, "")
                task.advance(len(block))
        self._add(documents)

    def put(self, path: str, content: str, revision: str) -> None:
        """Have a file match, in place of what its path had; one that is refused matches nothing."""
        self.remove(path)
        self._add(self._documents([(path, content)], revision))

    def remove(self, path: str) -> None:
        """Have a file match no more, if it does."""
        if path in self._places:
            shard, document = self._places.pop(path)
            shard.delete(document)

    def origins(self) -> list[Origin]:
        """Of the files that match now."""
        return [shard.origins[document] for shard, document in self._places.values()]

    def _documents(self, files: Iterable[tuple[str, str]], revision: str) -> list[_Document]:
        texts = [(path, text) for path, content in files if (text := self._cleaned(path, content))]
        ids = encode_texts(self._tokenizer, [text for _, text in texts])
        return [
            (document, Origin(self._repository, path, revision, OWN, _digest(text)))
            for document, (path, text) in zip(ids, texts, strict=True)
        ]

    def _add(self, documents: Sequence[_Document]) -> None:
        if documents:
            ids, origins = [ids for ids, _ in documents], [origin for _, origin in documents]
            shard = Shard.build(self._tokenizer, ids, origins)
            self._places |= {origin.path: (shard, n) for n, origin in enumerate(origins)}
            self._show([*self.index.shards, shard])

    def _cleaned(self, path: str, content: str) -> str | None:
        try:
            found = self._cleaner.clean(Raw(path, content.encode(), OWN, OWN))
        except Exception:  # whatever it is, it concerns this one file, as in `index.intake`
            return None
        return None if isinstance(found, Refused) else found.text

    def _show(self, shards: Sequence[Shard]) -> None:
        living = [shard for shard in shards if shard.documents()]
        if len(living) > SHARDS:
            living.sort(key=len)
            living = [living[-1], self._merged(living[:-1])]
        self.index = Index(self._tokenizer, living)

    def _merged(self, shards: Sequence[Shard]) -> Shard:
        moved = [(shard, document) for shard in shards for document in shard.documents()]
        ids = [shard.document(document) for shard, document in moved]
        origins = [shard.origins[document] for shard, document in moved]
        merged = Shard.build(self._tokenizer, ids, origins)
        self._places |= {origin.path: (merged, n) for n, origin in enumerate(origins)}
        return merged


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
