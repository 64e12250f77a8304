"""The index mixed into a model, on lines that were written years after what is indexed.

Of each package two published versions are taken. The older is indexed; predicted are lines of the newer
that stand nowhere in the older, teacher-forced, with up to 1,024 tokens of their file before them. Whole
lines are those that greedy decoding gives exactly. The weights are fitted on other packages than those
reported. "Fixed" trusts a match of n tokens by n / (2n + 8); the index alone has its longest match's counts,
so that what it never saw has no probability. Controls: the older version's tokens in random order; another
package's older version; the open file alone; and the same model with 512 tokens of the older version in its
prompt, found by BM25, on top of the file's own.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from bench.corpus.rows import cache
from bench.index.places import Place, index_of, lines, observations, permuted
from bench.index.reading import BLOCK, Floats, Passage, Reader
from bench.index.retrieval import Retriever
from bench.index.scores import BUCKETS, Score, System, score
from bench.index.versions import Pair
from codekiln.generate.loading import STARTER
from codekiln.index import NO_MATCH
from codekiln.index.fit import Observations, fit_lines, fit_loss
from codekiln.index.mix import Mixture
from codekiln.pipeline.pull import pull

FITTED = (
    Pair("flask", "1.1.4", "3.1.0"),
    Pair("jinja2", "2.11.3", "3.1.6"),
    Pair("urllib3", "1.26.0", "2.4.0"),
    Pair("marshmallow", "3.0.0", "4.0.0"),
    Pair("typer", "0.3.2", "0.15.1"),
    Pair("requests", "2.25.0", "2.32.3"),
)
REPORTED = (
    Pair("httpx", "0.20.0", "0.28.1"),
    Pair("click", "8.0.0", "8.2.1"),
    Pair("rich", "10.0.0", "14.0.0"),
    Pair("starlette", "0.14.2", "0.46.0"),
)
MODEL = "smollm2-135m-instruct-q4_1"
BLOCKS = int(os.environ.get("CODEKILN_BENCH_BLOCKS", "40"))  # of 512 tokens, of a package reported
RUNS, RUN_LINES, BUDGET = 24, 8, 512  # with retrieved text: runs of lines, and tokens of it
MIXES = {"fitted mix": "repository", "fitted mix, on lines": "repository"}

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """Tables for the larger model, then what changes with the smaller."""
    large = Reader("smollm2", pull(MODEL, cache().parent / "weights").path)
    small = Reader("starter", Path(STARTER))
    seen = {reader.name: observations(reader, FITTED, BLOCKS // 2) for reader in (large, small)}
    fitted = {name: fit_loss(places) for name, places in seen.items()}
    both = fit_loss(Observations.join(list(seen.values())))
    on_lines = fit_lines(seen[large.name], fitted[large.name])
    systems = _systems(fitted[large.name], on_lines) | {"weights of both": mixing(both)}
    scores = {}
    for number, pair in enumerate(REPORTED):
        other = REPORTED[number - 1]
        scores[pair.name] = _score(large, pair, other, systems)
    return {
        "what is compared": [_check(pair) for pair in REPORTED],
        **{f"{name}": _by_system(found) for name, found in scores.items()},
    }
