"""The stage that learns a tokenizer from the training side of a corpus."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.corpus import documents
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer.bpe import FILE_NAME, Tokenizer, train_bpe
from codekiln.tokenizer.sample import Sample, choose
from codekiln.tokenizer.special import SPECIAL_TOKENS

SMALLEST = 256 + len(SPECIAL_TOKENS)
BATCH = 64  # documents that are encoded at once


@dataclass(frozen=True)
class TokenizerConfig:
    """Settings of the tokenizer."""

    vocabulary: int = setting(
        4096,
        "number of token ids at most (a small corpus may give fewer)",
        check=f"{SMALLEST}..1000000",
    )
    sample_bytes: int = setting(
        50_000_000, "learn from at most this many bytes, a share for each language", check="> 0"
    )


def build(config: TokenizerConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Learn the merges and measure them on held-out files."""
    sample = choose(inputs["corpus"], config.sample_bytes)
    sizes: Counter[str] = Counter()
    with progress("tokenizer", sample.bytes, "bytes") as task:
        tokenizer = train_bpe(_texts(sample, sizes, task), config.vocabulary)
    write_atomically(out / FILE_NAME, tokenizer.definition.encode())
    return {
        "vocabulary": tokenizer.vocabulary_size,
        "sample": dict(sorted(sizes.items())),
        **_held_out(tokenizer, inputs["corpus"]),
    }


def _texts(sample: Sample, sizes: Counter[str], task: Progress) -> Iterator[str]:
    """The contents of the sample; the bytes of each language are added up in `sizes`."""
    for document in sample.documents():
        size = len(document.content.encode())
        sizes[document.language] += size
        yield document.content
        task.advance(size)


def _held_out(tokenizer: Tokenizer, corpus: Artifact) -> dict[str, Any]:
    """Bytes per token on held-out files, of all and by language."""
    sizes: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    waiting = documents(corpus, "held_out")
    while batch := list(itertools.islice(waiting, BATCH)):
        contents = [document.content for document in batch]
        for document, ids in zip(batch, tokenizer.encode_batch(contents), strict=True):
            sizes[document.language] += len(document.content.encode())
            tokens[document.language] += len(ids)
    return {
        "held_out_bytes_per_token": _ratio(sizes.total(), tokens.total()),
        "languages": {name: _ratio(sizes[name], tokens[name]) for name in sorted(sizes)},
    }


def _ratio(size: int, tokens: int) -> float:
    return round(size / max(tokens, 1), 4)


STAGE = Stage("tokenizer", 3, build)
