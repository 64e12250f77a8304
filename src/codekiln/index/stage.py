"""The stage that turns the training split of a corpus into an index."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy.typing as npt

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.config import setting
from codekiln.corpus import Document, documents
from codekiln.index.origins import Origin
from codekiln.index.shard import BATCH, Shard, encode_texts
from codekiln.inputs.shards import blocks
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer import Tokenizer

Tokenised = tuple[npt.NDArray[Any], Origin]


@dataclass(frozen=True)
class IndexConfig:
    """Settings of the index."""

    shard_tokens: int = setting(
        1 << 24, "tokens a shard: building takes 20 bytes of memory for each", check="1..268435456"
    )


def build(config: IndexConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write shards of whole documents; those that an earlier run finished are left as they are."""
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    corpus = inputs["corpus"]
    statistics: Statistics = {"tokenizer_sha256": tokenizer.fingerprint}
    with progress("index", corpus.statistics["splits"]["train"]["files"], "files") as task:
        texts = documents(corpus, "train")
        sizes = list(_shards(config, tokenizer, texts, out, task))
    statistics["shards"] = len(sizes)
    statistics["documents"] = sum(count for count, _ in sizes)
    statistics["tokens"] = sum(tokens for _, tokens in sizes)
    return statistics


def _shards(
    config: IndexConfig,
    tokenizer: Tokenizer,
    texts: Iterator[Document],
    out: Path,
    task: Progress,
) -> Iterator[tuple[int, int]]:
    """Documents and tokens of each shard, as soon as it is on disk."""
    number = 0
    while (folder := _folder(out, number)).exists():
        shard = Shard.open(folder, tokenizer)
        task.advance(sum(1 for _ in islice(texts, len(shard.starts))))
        yield len(shard.starts), len(shard)
        number += 1
    for group in _groups(_tokenised(tokenizer, texts), config.shard_tokens):
        shard = Shard.build(tokenizer, [ids for ids, _ in group], [origin for _, origin in group])
        shard.write(_folder(out, number))
        task.advance(len(group))
        yield len(shard.starts), len(shard)
        number += 1


def _folder(out: Path, number: int) -> Path:
    return out / f"shard-{number:05d}"


def _tokenised(tokenizer: Tokenizer, texts: Iterable[Document]) -> Iterator[Tokenised]:
    for block in blocks(texts, BATCH):
        encoded = encode_texts(tokenizer, [document.content for document in block])
        yield from zip(encoded, map(origin_of, block), strict=True)


def _groups(texts: Iterable[Tokenised], most: int) -> Iterator[list[Tokenised]]:
    """Documents in their order, at most `most` tokens together, or one that has more."""
    group: list[Tokenised] = []
    size = 0
    for ids, origin in texts:
        if group and size + len(ids) + 1 > most:
            yield group
            group, size = [], 0
        group.append((ids, origin))
        size += len(ids) + 1
    if group:
        yield group


def origin_of(document: Document) -> Origin:
    """What an index says of a document of a corpus."""
    return Origin(
        document.repository, document.path, document.revision, document.licence, document.sha256
    )


STAGE = Stage("index", 1, build)
