"""Stand-ins with known behaviour: an engine, a completer, a tokenizer, documents and a corpus."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Event

import numpy as np

from codekiln.artifact import Artifact, produce
from codekiln.corpus import CorpusConfig, Document
from codekiln.corpus import build_corpus as build_whole_corpus
from codekiln.corpus.cleaning import Raw, Refused
from codekiln.generate import CompletionChunk, CompletionRequest, Ids, Logits
from codekiln.tokenizer import Tokenizer, train_bpe
from codekiln.tokenizer.stage import STAGE as TOKENIZER
from codekiln.tokenizer.stage import TokenizerConfig

TEXTS = (
    "def add(first, second):\n    return first + second\n",
    "for item in items:\n    print(item)\n",
)
Inputs = dict[str, Artifact]
Next = Callable[[Sequence[int], int], Logits]


@cache
def tiny_tokenizer() -> Tokenizer:
    """A real tokenizer of at most 300 ids, so nearly bytes."""
    return train_bpe(iter(TEXTS * 20), 300)


class FakeEngine:
    """An engine whose logits are a function of the ids in the cache and the prompt's length."""

    def __init__(self, after: Next, vocabulary: int, context: int = 1000) -> None:
        self.stride = 1
        self.context = context
        self.vocabulary = vocabulary
        self.rows: list[list[int]] = []
        self.prefills = self.steps = 0
        self._after = after
        self._prompt = 0

    @property
    def length(self) -> int:
        return len(self.rows[0]) if self.rows else 0

    def prefill(self, ids: Ids) -> Logits:
        self.prefills += 1
        self._prompt = ids.shape[1]
        self.rows = [[] for _ in ids]
        return self._read(ids)[:, -1]

    def read(self, ids: Ids) -> Logits:
        self.steps += 1
        return self._read(ids)[:, -1]

    def step(self, ids: Ids, last: int | None = None) -> Logits:
        self.steps += 1
        return self._read(ids)[:, -(last or ids.shape[1]) :]

    def twin(self) -> "FakeEngine":
        return FakeEngine(self._after, self.vocabulary, self.context)

    def fork(self, parents: Sequence[int]) -> None:
        self.rows = [list(self.rows[parent]) for parent in parents]

    def rewind(self, n: int) -> None:
        self.rows = [row[: len(row) - n] for row in self.rows]

    def _read(self, ids: Ids) -> Logits:
        assert ids.dtype == np.int64
        assert ids.ndim == 2
        assert ids.shape[0] == len(self.rows)
        out = np.zeros((*ids.shape, self.vocabulary), dtype=np.float32)
        for row, new, logits in zip(self.rows, ids.tolist(), out, strict=True):
            for place, token in enumerate(new):
                row.append(token)
                assert len(row) <= self.context
                logits[place] = self._after(row, self._prompt)
        return out


def saying(ids: Sequence[int], vocabulary: int, context: int = 1000) -> FakeEngine:
    """An engine that wants `ids` one after the other, then the end token (id 0)."""

    def after(row: Sequence[int], prompt: int) -> Logits:
        place = len(row) - prompt
        logits = np.linspace(-1, 1, vocabulary).astype(np.float32)
        logits[ids[place] if 0 <= place < len(ids) else 0] = 5
        return logits

    return FakeEngine(after, vocabulary, context)


def rambling(vocabulary: int, context: int = 1000, spread: float = 2.0) -> FakeEngine:
    """An engine with random logits that depend on the last id alone."""
    table = np.random.default_rng(7).normal(scale=spread, size=(vocabulary, vocabulary))
    return FakeEngine(lambda row, _: table[row[-1]].astype(np.float32), vocabulary, context)


def leaving(engine: FakeEngine, event: Event, steps: int) -> FakeEngine:
    """The engine, in whose step of this number the caller leaves."""

    def after(row: Sequence[int], prompt: int) -> Logits:
        if left.steps >= steps:
            event.set()
        return engine._after(row, prompt)

    left = FakeEngine(after, engine.vocabulary, engine.context)
    return left


@dataclass
class FakeCompleter:
    """Answers every request with the same pieces, one a chunk, and remembers the requests."""

    pieces: Sequence[str]
    requests: list[CompletionRequest] = field(default_factory=list)

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        self.requests.append(request)
        last = len(self.pieces) - 1
        for place, text in enumerate(self.pieces):
            yield CompletionChunk(text, (place,), (-0.5,), "end" if place == last else None, 3)


class DeadlyCleaner:
    """Refuses every file; one that says `die` ends the process, `hang` never ends, `raise` raises.

    `eat` takes four gigabytes of addresses (nobody writes there, so no memory) and, where it does not
    get them, raises; `eat and die` then ends the process, as a parser in C does.
    """

    def clean(self, raw: Raw) -> Refused:
        if raw.content == b"die":
            os._exit(9)
        if raw.content.startswith(b"eat"):
            try:
                [bytes(10**9) for _ in range(4)]
            except MemoryError:
                if raw.content == b"eat":
                    raise
                os._exit(9)
        if raw.content == b"hang":
            time.sleep(3600)
        if raw.content == b"raise":
            raise RuntimeError("not foreseen")
        return Refused("seen", raw.content.decode())


def document(content: str, path: str = "package/module.py", language: str = "python") -> Document:
    """A kept file of the repository `repo`."""
    return Document(
        content=content,
        source="source",
        repository="repo",
        path=path,
        revision="revision",
        licence="MIT",
        licence_from="file",
        language=language,
        domains=(),
        time=0,
        sha256=sha256(content.encode()).hexdigest(),
        group="group",
    )


def build_corpus(folder: Path, files: Mapping[str, str]) -> Artifact:
    """A real corpus of `files`, which are written to `folder / "code"`, in `folder / "work"`."""
    for name, content in files.items():
        path = folder / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    source = f"own:{folder / 'code'}"
    config = CorpusConfig(sources=(source,), held_out=0.3, near_duplicates=1.0)
    return build_whole_corpus(config, folder / "work", "c")


def tokenized_corpus(folder: Path, files: Mapping[str, str], vocabulary: int) -> Inputs:
    """`build_corpus` and a tokenizer that was trained on it."""
    inputs = {"corpus": build_corpus(folder, files)}
    config = TokenizerConfig(vocabulary=vocabulary)
    return inputs | {"tokenizer": produce(TOKENIZER, config, inputs, folder / "work", "t")}
