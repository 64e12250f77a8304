"""Where a text was learned from: milliseconds a text as the index grows, and what is found of all there is.

The first documents of the starter's corpus are indexed. Texts of 200 tokens stand in one of them, or in
held-out repositories, or begin there and end here. Everything is in the page cache. The peer looks up 50
characters from every position on in every shard, one search after another; it tells yes or no and no more.

What is found is held against a search of plain text, character by character, without tokens: texts of
held-out repositories into which a piece of an indexed document was put, cut at any character.
"""

import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from bench.corpus.rows import cache
from codekiln.artifact import Artifact, open_artifact
from codekiln.corpus import Document, documents
from codekiln.index import Index, Origin, Shard
from codekiln.index.provenance import LEAST, trace
from codekiln.tokenizer import Tokenizer

STARTER = Path(__file__).parents[2] / "src" / "codekiln" / "starter"
SIZES = (1_000_000, 10_000_000, 100_000_000)
SHARD, BATCH = 1 << 24, 500  # tokens; documents tokenised together
TOKENS, TEXTS, PEER_TEXTS = 200, 200, 10
PIECES, AROUND = (LEAST, 60, 150), 150  # characters, of held-out text before and behind too
SEARCHED = 25  # texts with a piece of each length

Row = dict[str, str]
Ids = npt.NDArray[np.integer[Any]]
T = TypeVar("T")


def run() -> dict[str, list[Row]]:
    """Growth, and recall."""
    tokenizer = Tokenizer.load(STARTER)
    corpus = _corpus()
    shards = corpus_shards(tokenizer)
    held_out = [document.content for document in documents(corpus, "held_out")]
    small = [Index(tokenizer, [_first(shards[0], size, tokenizer)]) for size in SIZES[:-1]]
    growth = [_growth(index, held_out) for index in (*small, Index(tokenizer, shards))]
    return {
        f"texts of {TOKENS} tokens": [row for rows in growth for row in rows],
        f"beside a search of plain text, {SIZES[0] / 1e6:.0f}M tokens": _found(small[0], held_out),
    }


def corpus_shards(tokenizer: Tokenizer) -> list[Shard]:
    """The first 100M tokens of the starter's corpus."""
    return list(_shards(_corpus(), tokenizer))


def _corpus() -> Artifact:
    return open_artifact(next((cache() / "corpus").glob("starter-????????")), "corpus")


def _shards(corpus: Artifact, tokenizer: Tokenizer) -> Iterator[Shard]:
    """Those of the largest index, kept from one run to the next."""
    seen = 0
    for number in range(-(-SIZES[-1] // SHARD)):
        path = cache() / "index_provenance" / f"shard-{number}"
        if not path.exists():
            left = islice(documents(corpus, "train"), seen, None)
            ids, origins = _read(left, SHARD, tokenizer)
            Shard.build(tokenizer, ids, origins).write(path)
        shard = Shard.open(path, tokenizer)
        seen += len(shard.starts)
        yield shard


def _read(
    left: Iterator[Document], most: int, tokenizer: Tokenizer
) -> tuple[list[Ids], list[Origin]]:
    """Documents of at most so many tokens together."""
    found: tuple[list[Ids], list[Origin]] = [], []
    while block := list(islice(left, BATCH)):
        encoded = tokenizer.encode_batch([document.content for document in block])
        for document, ids in zip(block, encoded, strict=True):
            most -= len(ids) + 1
            if most < 0:
                return found
            found[0].append(np.array(ids, np.uint16))
            found[1].append(
                Origin(document.repository, document.path, document.revision, document.licence)
            )
    return found


def _first(shard: Shard, tokens: int, tokenizer: Tokenizer) -> Shard:
    """A shard of so many tokens of another one's first documents."""
    numbers = range(int(np.searchsorted(shard.starts, tokens)))
    return Shard.build(tokenizer, [*map(shard.document, numbers)], shard.origins[: len(numbers)])


def _growth(index: Index, held_out: list[str]) -> list[Row]:
    """A row for each kind of text."""
    random = Random(0)
    stands = [_indexed(index, random) for _ in range(TEXTS)]
    new = [_held_out(index.tokenizer, held_out, random) for _ in range(TEXTS)]
    mixed = [
        old[: TOKENS // 2] + other[TOKENS // 2 :] for old, other in zip(stands, new, strict=True)
    ]
    rows = []
    for name, ids in (("of the corpus", stands), ("held out", new), ("half and half", mixed)):
        texts = [index.tokenizer.decode(one) for one in ids]
        for text in texts:  # the page cache is filled
            trace(text, index)
        timed = [_timed(trace, text, index) for text in texts]
        seconds = [one for one, _ in timed]
        peer = median(_timed(_looked_up, one, index)[0] for one in ids[:PEER_TEXTS])
        rows.append(
            {
                "indexed": f"{index.tokens / 1e6:.0f}M tokens, shards: {len(index.shards)}",
                "text": name,
                "p50": f"{median(seconds) * 1e3:.1f} ms",
                "p95": f"{np.quantile(seconds, 0.95) * 1e3:.1f} ms",
                "passages": f"{np.mean([len(passages) for _, passages in timed]):.1f}",
                "one search after another": f"{peer / median(seconds):.0f}x",
            }
        )
    return rows


def _timed(work: Callable[..., T], *arguments: Any) -> tuple[float, T]:
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def _indexed(index: Index, random: Random) -> list[int]:
    """Tokens of a document that is in the index."""
    while True:
        (shard,) = random.choices(index.shards, [*map(len, index.shards)])
        document = shard.document(random.randrange(len(shard.starts))).tolist()
        if len(document) >= TOKENS:
            return _part(document, random)


def _held_out(tokenizer: Tokenizer, texts: list[str], random: Random) -> list[int]:
    while True:
        document = tokenizer.encode(random.choice(texts))
        if len(document) >= TOKENS:
            return _part(document, random)


def _part(document: list[int], random: Random) -> list[int]:
    start = random.randrange(len(document) - TOKENS + 1)
    return document[start : start + TOKENS]


def _looked_up(ids: list[int], index: Index) -> list[bool]:
    """Whether `LEAST` characters from each position on stand somewhere."""
    sizes = np.cumsum([0, *(len(index.tokenizer.bytes_of(token)) for token in ids)])
    found = []
    for start, last in enumerate(np.searchsorted(sizes, sizes + LEAST).tolist()):
        if last < len(sizes):
            ranges = [shard.find(shard.encode(ids[start:last])) for shard in index.shards]
            found.append(any(low < high for low, high in ranges))
    return found


def _found(index: Index, held_out: list[str]) -> list[Row]:
    """A row for each length of the piece that was put in."""
    (shard,) = index.shards
    texts = [index.tokenizer.decode(shard.document(n).tolist()) for n in shard.documents()]
    everything, random = "\0".join(texts), Random(1)
    rows = []
    for length in PIECES:
        exact, told = set(), set()
        for number in range(SEARCHED):
            before, behind = (_cut(held_out, AROUND, random) for _ in range(2))
            text = before + _cut(texts, length, random) + behind
            exact |= {(number, *span) for span in _by_characters(text, everything)}
            told |= {(number, one.start, one.end) for one in trace(text, index)}
            assert all(text[a:b] in everything for n, a, b in told if n == number)
        rows.append(
            {
                "piece put in": f"{length} characters",
                "maximal passages there": f"{len(exact)}",
                "found to the character": f"{len(exact & told)}",
                "told but not maximal": f"{len(told - exact)}",
            }
        )
    return rows


def _cut(texts: list[str], length: int, random: Random) -> str:
    text = random.choice([text for text in texts if len(text) > 2 * length])
    start = random.randrange(len(text) - length)
    return text[start : start + length]


def _by_characters(text: str, everything: str) -> set[tuple[int, int]]:
    """The maximal passages of `LEAST` characters, by trying."""
    found, reached = set(), 0
    for start in range(len(text)):
        if text[start : start + LEAST] in everything and start + LEAST <= len(text):
            end = max(start + LEAST, reached)
            if text[start:end] in everything:
                while end < len(text) and text[start : end + 1] in everything:
                    end += 1
                if end > reached:
                    found.add((start, end))
                    reached = end
    return found
