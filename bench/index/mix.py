"""The index mixed into a model, on lines that were written years after what is indexed.

Of each package two published versions are taken. The older is indexed; predicted are lines of the newer
that stand nowhere in the older, teacher-forced, with 512 to 1,024 tokens of their file before them. Whole
lines are those that greedy decoding gives exactly. Weights are fitted on six other packages
(`bench/index/fitting.py`), for the least loss or for the most whole lines. The index alone has the counts
of its longest match, so that what never followed has no probability; fixed weights are n / (2n + 8) for a
match of n tokens, in the index and in the open file each. Controls: the same tokens in random order,
another package's older version, the open file alone, and the same model with 512 tokens of the older
version in its prompt, found by BM25, on top of the file's own. The starter has most of these packages, in
later versions too, among its training sources: its own figures say only whether weights carry over.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from bench.index.fitting import fit, observed, readers
from bench.index.places import Place, index_of, lines, permuted
from bench.index.reading import BLOCK, Floats, Passage, Reader
from bench.index.retrieval import Retriever
from bench.index.scores import BUCKETS, Score, System, join, score
from bench.index.versions import Line, Pair, digests
from codekiln.index import NO_MATCH
from codekiln.index.mix import Mixture

PAIRS = (
    Pair("httpx", "0.20.0", "0.28.1"),
    Pair("click", "8.0.0", "8.2.1"),
    Pair("rich", "10.0.0", "14.0.0"),
    Pair("starlette", "0.14.2", "0.46.0"),
)
BLOCKS = int(os.environ.get("CODEKILN_BENCH_BLOCKS", "40"))  # of each package
RUNS, RUN_LINES = 24, 8  # of each package: new lines that follow each other, under one prompt
BUDGET = 512  # tokens of retrieved text

Row = dict[str, str]
Scores = dict[str, Score]


def run() -> dict[str, list[Row]]:
    """By package, by the match's length, the controls, and weights of one model used with the other."""
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    large, small = readers()
    seen = {reader.name: observed(reader) for reader in (large, small)}
    fits = {name: fit([places], [name]) for name, places in seen.items()}
    fits["both"] = fit(list(seen.values()), list(seen))
    on_lines = fit([seen[large.name]], [large.name], "lines")
    scores = {pair.name: _score(large, pair, fits, on_lines) for pair in PAIRS}
    total = join(list(scores.values()))
    return {
        "the two versions": [_versions(large, pair) for pair in PAIRS],
        f"{large.name}, new lines of the newer version": [
            {"package": name, **row}
            for name, of in [*scores.items(), ("all", total)]
            for row in _rows(of, _MAIN)
        ],
        "by the length of the index's match (of lines: the longest on it)": _by_length(total),
        "controls, on all of them": _rows(total, _CONTROLS),
        "retrieved text in the prompt, on runs of lines": _retrieved(
            large, fits[large.name], on_lines
        ),
        "weights fitted on one model, used with the other": [
            *_transfer(large, total),
            *_transfer(small, join([_score(small, pair, fits, on_lines) for pair in PAIRS])),
        ],
    }


_MAIN = ("model", "index", "fixed mix", "fitted on loss", "fitted on lines")
_CONTROLS = ("model", "file", "permuted", "other", "fitted on loss")
_CALLED = {
    "model": "the model alone",
    "index": "the index alone",
    "file": "with the open file, no index",
    "permuted": "with an index in random order",
    "other": "with another package's index",
}


def mixing(mixture: Mixture, index: str = "repository") -> System:
    """A mixture with one of the indexes, and the open file."""
    return lambda place: mixture(place.log_p, place.of(index))


def without_index(mixture: Mixture) -> System:
    """A mixture with the open file alone."""
    return lambda place: mixture(place.log_p, (NO_MATCH, place.matches["file"]))


def model_alone(place: Place) -> Floats:
    """What the model says."""
    return place.log_p


def index_alone(place: Place) -> Floats:
    """The counts of the longest match."""
    match = place.matches["repository"]
    found = np.full_like(place.log_p, -np.inf)
    found[match.followers] = np.log(match.counts / max(1, match.counts.sum()))
    return found


def fixed_mix(place: Place) -> Floats:
    """Plain fixed weights by the match's length, and plain counts."""
    found, left = np.zeros_like(place.log_p), 1.0
    for match in place.of("repository"):
        if match.length:
            share = match.length / (2 * match.length + 8)
            found[match.followers] += share * match.counts / match.counts.sum()
            left -= share
    return np.log(found + left * np.exp(place.log_p) + 1e-30)


def _score(
    reader: Reader, pair: Pair, fits: Mapping[str, Mixture], on_lines: Mixture
) -> dict[str, Score]:
    other = PAIRS[PAIRS.index(pair) - 1]
    indexes = {
        "repository": index_of(reader, pair),
        "permuted": permuted(reader, pair),
        "other": index_of(reader, other),
    }
    own = fits[reader.name]
    systems = {
        "model": model_alone,
        "index": index_alone,
        "fixed mix": fixed_mix,
        "fitted on loss": mixing(own),
        "fitted on lines": mixing(on_lines),
        "file": without_index(own),
        "permuted": mixing(own, "permuted"),
        "other": mixing(own, "other"),
        **{f"weights of {name}": mixing(fit) for name, fit in fits.items()},
    }
    found = lines(reader, reader.passages(pair, BLOCKS), indexes)
    return score(found, systems, reader.tokenizer)


def _versions(reader: Reader, pair: Pair) -> Row:
    """What is indexed and predicted, and that nothing of the one stands in the other."""
    passages = reader.passages(pair, BLOCKS)
    predicted = [pair.later[passage.path] for passage in passages]
    known = {line.strip() for text in pair.known.values() for line in text.splitlines()}
    texts = [
        reader.tokenizer.decode(passage.ids[line.start : line.stop]).partition("\n")[0].strip()
        for passage in passages
        for line in passage.lines
    ]
    return {
        "package": pair.name,
        "indexed": f"{pair.older}, {index_of(reader, pair).tokens:,} tokens",
        "predicted": f"{pair.newer}, {len(texts):,} lines",
        "files of the newer in the index": f"{len(digests(predicted) & digests(pair.known.values()))}",
        "predicted lines in the index": f"{sum(text in known for text in texts)}",
    }


def _rows(scores: Scores, names: Sequence[str]) -> list[Row]:
    return [
        {"predicted by": _CALLED.get(name, name), **scores[name].size(), **scores[name].figures()}
        for name in names
    ]


def _by_length(scores: Scores) -> list[Row]:
    rows = []
    for least, most in BUCKETS:
        called = f"{least}–{most}" if most > least else f"{least}"
        for name in _MAIN:
            of = scores[name]
            row = {"match": called, "predicted by": _CALLED.get(name, name)}
            rows.append(row | of.size(least, most) | of.figures(least, most))
    return rows


def _transfer(reader: Reader, scores: Scores) -> list[Row]:
    names = ["model", *(name for name in scores if name.startswith("weights of"))]
    return [{"model": reader.name, **row} for row in _rows(scores, names)]


def _retrieved(reader: Reader, on_loss: Mixture, on_lines: Mixture) -> list[Row]:
    """The same lines read with the file alone, and with retrieved text before it."""
    systems = {
        "the model alone": model_alone,
        "fitted on loss": mixing(on_loss),
        "fitted on lines": mixing(on_lines),
    }
    found: dict[str, list[Scores]] = {"": [], ", retrieved text in the prompt": []}
    for pair in PAIRS:
        runs = _runs(reader.passages(pair, BLOCKS))
        indexes = {"repository": index_of(reader, pair)}
        retriever = Retriever(pair.known)

        def prompt(before: str, retriever: Retriever = retriever) -> list[int]:
            return retriever.prompt(before, reader.tokenizer, BUDGET)

        plain = [reader.states(run) for run in runs]
        prompted = [reader.prompted(run, prompt) for run in runs]
        for name, states in zip(found, (plain, prompted), strict=True):
            places = lines(reader, runs, indexes, states)
            found[name].append(score(places, systems, reader.tokenizer))
    return [
        {"predicted by": system + name, **joined[system].size(), **joined[system].figures()}
        for name, joined in ((name, join(parts)) for name, parts in found.items())
        for system in systems
    ]


def _runs(passages: list[Passage]) -> list[Passage]:
    """New lines that follow each other within a block, evenly chosen."""
    runs: list[Passage] = []
    for passage in passages:
        group: list[Line] = []
        for line in passage.lines:
            if line.start // BLOCK != (line.stop - 1) // BLOCK:
                continue
            if not (group and _go_on(group, line)):
                group = []
                runs.append(passage)
            group.append(line)
            runs[-1] = replace(passage, lines=tuple(group))
    step = max(1.0, len(runs) / RUNS)
    return [runs[int(step * number)] for number in range(min(RUNS, len(runs)))]


def _go_on(group: list[Line], line: Line) -> bool:
    same_block = group[0].start // BLOCK == line.start // BLOCK
    return group[-1].stop == line.start and same_block and len(group) < RUN_LINES
