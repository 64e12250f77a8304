"""How clean the corpus of `recipes/packages.toml` is: what parses, and which near-duplicates are left.

Likeness is measured by brute force, over the sets of 5-grams themselves: every document of a sample
against every document of the corpus, without any sketch. The peer is the corpus before duplicates are
looked for, of which the same sample is drawn.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import numpy as np
import numpy.typing as npt
from bench.corpus.rows import RECIPE, cache

from codekiln.artifact import Artifact, open_work
from codekiln.corpus import CorpusConfig, Document, build_corpus, documents
from codekiln.corpus.duplicates import token_hashes
from codekiln.corpus.duplicates.grams import grams
from codekiln.languages import error_share, languages
from codekiln.pipeline.recipe import read_corpus_recipe

SAMPLE = 1000  # documents
ALIKE = 0.7

Row = dict[str, str]
Numbers = npt.NDArray[np.uint64]


def run() -> dict[str, list[Row]]:
    """A row for each language, and one for the copies that are left, with and without our looking."""
    config = read_corpus_recipe(RECIPE).corpus
    clean = _built(config)
    raw = _built(replace(config, near_duplicates=1.0))
    return {
        "what parses, all documents": _parsed(clean),
        f"{SAMPLE:,} documents against all": [
            _copies_left("codekiln", clean),
            _copies_left("only equal files removed", raw),
        ],
    }


def _built(config: CorpusConfig) -> Artifact:
    open_work(cache())
    return build_corpus(config, cache(), "packages")


def _every(corpus: Artifact) -> Iterator[Document]:
    yield from documents(corpus, "train")
    yield from documents(corpus, "held_out")


def _parsed(corpus: Artifact) -> list[Row]:
    shares: dict[str, list[float]] = defaultdict(list)
    for row in _every(corpus):
        share = error_share(languages()[row.language], row.content.encode())
        if share is not None:
            shares[row.language].append(share)
    return [
        {
            "language": name,
            "files": f"{len(found):,}",
            "without any error": f"{sum(share == 0 for share in found) / len(found):.1%}",
            "mean share of errors": f"{sum(found) / len(found):.3%}",
        }
        for name, found in sorted(shares.items(), key=lambda item: -len(item[1]))
        if len(found) >= 50
    ]


def _copies_left(name: str, corpus: Artifact) -> Row:
    """How many of a sample have another document in the whole corpus that is as alike as a copy."""
    count = sum(1 for _ in _every(corpus))
    chosen = {number: place for place, number in enumerate(Random(0).sample(range(count), SAMPLE))}
    sample = _Sample([_grams(row) for number, row in enumerate(_every(corpus)) if number in chosen])
    places = sorted(chosen)
    alike = np.zeros(SAMPLE, np.int64)
    for number, row in enumerate(_every(corpus)):
        likeness = sample.likeness(_grams(row))
        if number in chosen:
            likeness[places.index(number)] = 0  # of itself
        alike += likeness >= ALIKE
    return {
        "corpus": name,
        "documents": f"{count:,}",
        "pairs compared": f"{SAMPLE * (count - 1):,}",
        "pairs alike": f"{alike.sum():,}",
        "of the sample with a copy": f"{np.count_nonzero(alike) / SAMPLE:.1%}",
    }


def _grams(document: Document) -> Numbers:
    """The set of a document's 5-grams of code tokens, as numbers of 64 bits."""
    return np.unique(grams([token_hashes(document.content)])[0])


class _Sample:
    """The sets of some documents, by gram, so that another set meets all of them at once."""

    def __init__(self, sets: list[Numbers]) -> None:
        self._sizes = np.array([len(members) for members in sets])
        members, owners = np.concatenate(sets), np.repeat(np.arange(len(sets)), self._sizes)
        order = np.argsort(members, kind="stable")
        self._members, self._owners = members[order], owners[order]

    def likeness(self, other: Numbers) -> npt.NDArray[np.float64]:
        """The Jaccard index of each set with another."""
        first = np.searchsorted(self._members, other, "left")
        counts = np.searchsorted(self._members, other, "right") - first
        ends = np.cumsum(counts)
        places = np.arange(ends[-1]) + np.repeat(first - (ends - counts), counts)
        shared = np.bincount(self._owners[places], minlength=len(self._sizes))
        return shared / (self._sizes + len(other) - shared)
