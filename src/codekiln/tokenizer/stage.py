"""The stage that learns a tokenizer from the training side of a corpus."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.corpus import documents
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer.bpe import FILE_NAME, train_bpe
from codekiln.tokenizer.special import SPECIAL_TOKENS

SMALLEST = 256 + len(SPECIAL_TOKENS)


@dataclass(frozen=True)
class TokenizerConfig:
    """Settings of the tokenizer."""

    vocabulary: int = setting(
        4096,
        "number of token ids at most (a small corpus may give fewer)",
        check=f"{SMALLEST}..1000000",
    )
    sample_bytes: int = setting(50_000_000, "learn from at most this many bytes", check="> 0")


def build(config: TokenizerConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Learn the merges and measure them on held-out files."""
    corpus = inputs["corpus"]
    total = min(config.sample_bytes, corpus.statistics["splits"]["train"]["bytes"])
    with progress("tokenizer", total, "bytes") as task:
        sample = _sample(corpus, config.sample_bytes, task)
        tokenizer = train_bpe(sample, config.vocabulary)
    write_atomically(out / FILE_NAME, tokenizer.definition.encode())
    text_bytes = tokens = 0
    for document in documents(corpus, "held_out"):
        text_bytes += len(document.content.encode())
        tokens += len(tokenizer.encode(document.content))
    return {
        "vocabulary": tokenizer.vocabulary_size,
        "held_out_bytes_per_token": round(text_bytes / max(tokens, 1), 4),
    }


def _sample(corpus: Artifact, limit: int, task: Progress) -> Iterator[str]:
    for document in documents(corpus, "train"):
        size = len(document.content.encode())
        if size <= limit:
            limit -= size
            yield document.content
            task.advance(size)


STAGE = Stage("tokenizer", 2, build)
