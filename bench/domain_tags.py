"""What a tag in the header is worth: the same held-out text behind its right tags, none, and wrong ones.

A model is trained on `recipes/packages.toml` with each tag dropped at random, as every model of ours is. Of
repositories that it never saw, the beginning of each tagged file is then read three times, and nothing but
the tags differs; wrong ones are as many, drawn from those the file does not have. Less is better.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from bench.corpus.rows import RECIPE, cache
from codekiln.artifact import Artifact, open_work, produce
from codekiln.corpus import Document, build_corpus, documents
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.generate.loading import load_engine
from codekiln.inputs import Header, header_ids
from codekiln.inputs import stage as inputs
from codekiln.inputs.stage import InputsConfig
from codekiln.pipeline.recipe import read_corpus_recipe
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer import stage as tokenizer
from codekiln.tokenizer.special import DOMAIN_TOKENS
from codekiln.tokenizer.stage import TokenizerConfig
from codekiln.training import ModelStageConfig

SECONDS = float(os.environ.get("CODEKILN_BENCH_SECONDS", "300"))
DEPTH = int(os.environ.get("CODEKILN_BENCH_DEPTH", "3"))
FILES, TOKENS = 60, 256  # of each held-out repository, and of each file
DRAWS = 2000  # of the bootstrap
TAGS = ("right", "none", "wrong")

Row = dict[str, str]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Reading:
    """One file's beginning: its bytes, and its bits behind each kind of `TAGS`."""

    bytes: int
    bits: tuple[float, ...]


def run() -> dict[str, list[Row]]:
    """A row for each kind of tags."""
    corpus, model = _trained()
    readings = list(_readings(corpus, model))
    return {
        f"{len(readings):,} held-out files, {model.statistics['parameters']:,} parameters, "
        f"{model.statistics['tokens']:,} tokens": rows(readings)
    }


def rows(readings: Sequence[Reading]) -> list[Row]:
    """Bits per byte over all files, and how much more than with the right tags, file by file."""
    bits = np.array([reading.bits for reading in readings])
    sizes = np.array([reading.bytes for reading in readings], float)
    right, total = bits[:, 0], sizes.sum()
    return [
        {
            "tags": name,
            "bits per byte": f"{bits[:, place].sum() / total:.4f}",
            "more than with the right ones": f"{(bits[:, place] - right).sum() / total:+.4f}",
            "95 % interval": "{:+.4f} to {:+.4f}".format(*_interval(bits[:, place] - right, sizes)),
            "files that are worse": f"{np.mean(bits[:, place] > right):.1%}",
        }
        for place, name in enumerate(TAGS)
    ]


def _interval(more: Numbers, sizes: Numbers) -> tuple[float, float]:
    """The bootstrap over files (Efron 1979), percentiles 2.5 and 97.5."""
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(more), (DRAWS, len(more)))
    low, high = np.quantile(more[drawn].sum(1) / sizes[drawn].sum(1), [0.025, 0.975])
    return float(low), float(high)


def _trained() -> tuple[Artifact, Artifact]:
    """The corpus and the model, each made once."""
    from codekiln.training import stage as training

    work, name = cache(), "tags"
    open_work(work)
    made = {"corpus": build_corpus(read_corpus_recipe(RECIPE).corpus, work, "packages")}
    stages = (
        (tokenizer.STAGE, TokenizerConfig(vocabulary=8192), ("corpus",)),
        (inputs.STAGE, InputsConfig(row_length=512), ("corpus", "tokenizer")),
        (training.STAGE, _budget(), ("tokenizer", "inputs")),
    )
    for stage, config, needs in stages:
        made[stage.name] = produce(stage, config, {need: made[need] for need in needs}, work, name)
    return made["corpus"], made["model"]


def _budget() -> ModelStageConfig:
    return replace(ModelStageConfig(), depth=DEPTH, seconds=SECONDS)


def _readings(corpus: Artifact, model: Artifact) -> Iterator[Reading]:
    encoder = Tokenizer.load(model.path)
    engine = load_engine(Path(model.path))
    random = Random(0)
    for document in _chosen(corpus, random):
        ids = encoder.encode(document.content)[:TOKENS]
        text = encoder.decode(ids)
        bits = (
            float(token_bits(engine, header_ids(encoder, header), ids).sum())
            for header in _headers(document, random)
        )
        yield Reading(len(text.encode()), tuple(bits))


def _chosen(corpus: Artifact, random: Random) -> Iterator[Document]:
    """Some tagged files of each held-out repository, so that no large one decides alone."""
    tagged: dict[str, list[Document]] = defaultdict(list)
    for document in documents(corpus, "held_out"):
        if document.domains:
            tagged[document.repository].append(document)
    for files in tagged.values():
        yield from random.sample(files, min(FILES, len(files)))


def _headers(document: Document, random: Random) -> Iterator[Header]:
    """The header with the right tags, with none, and with as many wrong ones; its language stays."""
    others = [domain for domain in DOMAIN_TOKENS if domain not in document.domains]
    wrong = set(random.sample(others, len(document.domains)))
    for chosen in (set(document.domains), set[str](), wrong):
        tags = tuple(domain for domain in DOMAIN_TOKENS if domain in chosen)
        yield Header(language=document.language, domains=tags)
