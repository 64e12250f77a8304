"""The stage that measures a finished model on held-out files, beside baselines on the same bytes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.corpus import Document, documents
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.evaluate.compression import DICTIONARY, xz_bits_per_byte
from codekiln.evaluate.ngram import NgramModel
from codekiln.evaluate.samples import Completers, sample_completions
from codekiln.generate.engine import Engine
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import load_engine
from codekiln.index import Index
from codekiln.inputs import Header, header_ids
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer

HEAT_MAP_BYTES = 12_000
TextBits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EvaluationConfig:
    """Settings of the evaluation."""

    completions: int = setting(5, "completions at random places", check="0..1000")
    max_tokens: int = setting(48, "longest completion, in tokens", check="> 0")
    ngram_tokens: int = setting(8_000_000, "the 5-gram learns from at most these", check="> 0")
    seed: int = setting(0, "seed of the places and of the file shown", check="0..4294967295")


def build(config: EvaluationConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `evaluation.json`, `heatmap.json` and `completions.json`."""
    tokenizer = Tokenizer.load(inputs["model"].path)
    corpus = inputs["corpus"]
    held_out = list(documents(corpus, "held_out"))
    ids = [tokenizer.encode(document.content) for document in held_out]
    engine = load_engine(inputs["model"].path, kind="torch", half=_trained_in_half(inputs["model"]))
    bits = _model_bits(engine, tokenizer, held_out, ids)
    text = "".join(document.content for document in held_out).encode()
    xz = xz_bits_per_byte(text, _training_tail(corpus))
    figures = {
        "model": sum(float(one.sum()) for one in bits) / len(text),
        "five_gram": _five_gram_bits(tokenizer, corpus, ids, config.ngram_tokens) / len(text),
        "xz": xz.alone,
        "xz_given_training": xz.given_training,
    }
    evaluation = {
        "bits_per_byte": {name: round(value, 4) for name, value in figures.items()},
        "held_out_bytes": len(text),
        "held_out_tokens": sum(map(len, ids)),
        "files": [_file_row(*row) for row in zip(held_out, bits, strict=True)],
    }
    shown = _file_to_show(held_out, config.seed)
    heat_map = _heat_map(tokenizer, held_out[shown], ids[shown], bits[shown])
    samples = sample_completions(
        _completers(inputs, tokenizer),
        held_out,
        config.completions,
        config.max_tokens,
        config.seed,
    )
    for name, content in (
        ("evaluation", evaluation),
        ("heatmap", heat_map),
        ("completions", [sample.plain() for sample in samples]),
    ):
        write_atomically(out / f"{name}.json", json.dumps(content, indent=1).encode())
    return {
        "bits_per_byte": evaluation["bits_per_byte"],
        "held_out_bytes": len(text),
        "held_out_files": len(held_out),
    }


def _completers(inputs: Mapping[str, Artifact], tokenizer: Tokenizer) -> Completers:
    engine = load_engine(inputs["model"].path)
    index = Index.open(inputs["index"].path, tokenizer)
    indexed = EngineCompleter(engine.twin(), tokenizer, index=index, mix=True)
    return Completers(EngineCompleter(engine, tokenizer), indexed, index)


def _trained_in_half(model: Artifact) -> bool:
    return bool(model.statistics["calibration"]["precision"] == "bf16")


def _model_bits(
    engine: Engine, tokenizer: Tokenizer, held_out: list[Document], ids: list[list[int]]
) -> list[TextBits]:
    """Bits of every token of every file; of the header the model is told the language alone."""
    bits = []
    with progress("bits per byte", sum(map(len, ids)), "tokens") as task:
        for document, tokens in zip(held_out, ids, strict=True):
            header = header_ids(tokenizer, Header(language=document.language))
            bits.append(token_bits(engine, header, tokens))
            task.advance(len(tokens))
    return bits


def _training_tail(corpus: Artifact) -> bytes:
    """The end of the training text, as much of it as xz can look back at."""
    tail = bytearray()
    for document in documents(corpus, "train"):
        tail += document.content.encode()
        if len(tail) > 2 * DICTIONARY:
            del tail[:-DICTIONARY]
    return bytes(tail[-DICTIONARY:])


def _five_gram_bits(
    tokenizer: Tokenizer, corpus: Artifact, ids: list[list[int]], limit: int
) -> float:
    model = NgramModel.fit(
        _training_tokens(tokenizer, corpus, limit),
        tokenizer.vocabulary_size,
        order=5,
        start=tokenizer.end,
    )
    return sum(float(model.bits(np.asarray(tokens)).sum()) for tokens in ids)


def _training_tokens(
    tokenizer: Tokenizer, corpus: Artifact, limit: int
) -> Iterator[npt.NDArray[np.int64]]:
    for document in documents(corpus, "train"):
        if not limit:
            return
        tokens = tokenizer.encode(document.content)[:limit]
        limit -= len(tokens)
        if tokens:
            yield np.asarray(tokens, dtype=np.int64)


def _file_row(document: Document, bits: TextBits) -> dict[str, Any]:
    size = len(document.content.encode())
    return {
        "path": document.path,
        "group": document.group,
        "bytes": size,
        "bits_per_byte": round(float(bits.sum()) / size, 4),
    }


def _file_to_show(held_out: list[Document], seed: int) -> int:
    """A random file short enough to look at; the shortest where none is."""
    short = [n for n, document in enumerate(held_out) if len(document.content) <= HEAT_MAP_BYTES]
    if not short:
        return min(range(len(held_out)), key=lambda n: len(held_out[n].content))
    return short[int(np.random.default_rng(seed).integers(len(short)))]


def _heat_map(
    tokenizer: Tokenizer, document: Document, ids: list[int], bits: TextBits
) -> dict[str, Any]:
    return {
        "path": document.path,
        "language": document.language,
        "bits_per_byte": _file_row(document, bits)["bits_per_byte"],
        "tokens": [
            {"text": tokenizer.decode([token]), "bits": round(float(cost), 3)}
            for token, cost in zip(ids, bits, strict=True)
        ],
    }


STAGE = Stage("evaluation", 2, build)
