"""Pieces of an index that are like the given lines, with what follows there: what a prompt may show.

Blocks of tokens are ranked by BM25 (Robertson and Zaragoza 2009, §3.5), and shown with what lies behind
them, as RepoCoder (Zhang et al. 2023, §2.2) does with chunks of lines. The suffix array is the inverted
index: the places of a token are the suffixes that begin with it.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codekiln.index.index import Index
from codekiln.index.shard import Places, Shard
from codekiln.tokenizer import Tokenizer

BLOCK = 80  # tokens, some eight lines; two blocks are compared at once
SATURATION = 1.2  # BM25's k1; all windows are as long, so that its b is of no use
LINES = 20  # the last ones, which are looked for
PIECES = 8  # at most

Scores = npt.NDArray[np.float64]


class Hit(NamedTuple):
    """Whole lines of a document."""

    path: str
    text: str


def similar(index: Index, text: str) -> Iterator[Hit]:
    """The lines behind those that are like the end of `text`, the likest first; none is shown twice."""
    words = _words(index.tokenizer, "".join(text.splitlines(keepends=True)[-LINES:]))
    scores = _scores(index.shards, words)
    best = sorted(
        (
            (score, number, int(window))
            for number, each in enumerate(scores)
            for window, score in _highest(each)
        ),
        key=lambda found: (-found[0], *found[1:]),
    )
    shown: set[tuple[int, int]] = set()
    for _, number, window in best:
        if shown.isdisjoint((number, window + step) for step in (-1, 0, 1)):
            shown.add((number, window))
            hit = _behind(index, index.shards[number], window)
            if hit.text.strip():
                yield hit
        if len(shown) == PIECES:
            return


def _words(tokenizer: Tokenizer, text: str) -> list[int]:
    """The distinct tokens of a text that say something."""
    ids = dict.fromkeys(tokenizer.encode(text))
    return [token for token in ids if any(map(str.isalnum, tokenizer.decode([token])))]


def _scores(shards: Sequence[Shard], words: Sequence[int]) -> list[Scores]:
    """BM25 of each window of two blocks, `[windows]` for each shard."""
    scores = [np.zeros(len(shard) // BLOCK + 1) for shard in shards]
    total = sum(map(len, scores))
    for word in words:
        counts = [_counts(shard, word) for shard in shards]
        having = sum(map(np.count_nonzero, counts))
        weight = math.log(1 + (total - having + 0.5) / (having + 0.5))
        for score, count in zip(scores, counts, strict=True):
            score += weight * count * (SATURATION + 1) / (count + SATURATION)
    return scores


def _counts(shard: Shard, word: int) -> Scores:
    """How often a token stands in each window."""
    low, high = shard.find(shard.encode([word]))
    blocks: Places = shard.living(shard.suffixes[low:high]) // BLOCK
    counts = np.bincount(blocks, minlength=len(shard) // BLOCK + 2).astype(np.float64)
    return counts[:-1] + counts[1:]


def _highest(scores: Scores) -> Iterator[tuple[int, float]]:
    most = min(4 * PIECES, len(scores))
    for window in np.argpartition(-scores, most - 1)[:most].tolist():
        if scores[window] > 0:
            yield window, float(scores[window])


def _behind(index: Index, shard: Shard, window: int) -> Hit:
    """Whole lines from the middle of a window on, about as many tokens as it has.

    None where that is in a document that was taken away.
    """
    middle = min((window + 1) * BLOCK, len(shard) - 1)
    document = int(shard.documents_of(middle))
    path = shard.origins[document].path
    if not len(shard.living(np.array([middle]))):
        return Hit(path, "")
    ids, start = shard.document(document), middle - int(shard.starts[document])
    first, last = max(start - BLOCK, 0), start + 2 * BLOCK
    before, shown = (
        index.tokenizer.decode(part.tolist()) for part in (ids[first:start], ids[start:last])
    )
    begins = first == 0 or "\n" in before
    text = before.rpartition("\n")[2] + shown if begins else shown.partition("\n")[2]
    return Hit(path, text if last >= len(ids) else text[: text.rfind("\n") + 1])
