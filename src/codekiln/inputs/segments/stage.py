"""The stage that makes rows of two segments: the second stands behind the first, or it does not.

First every file is cut, and its pairs written down as they stand; then half of them get the second half
of another pair, from another file of the same repository, and of the same language if there is one. Both
halves then come from the same distribution whether they belong together or not: neither says anything
alone, nor does the repository; only how they fit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from codekiln.artifact import Artifact, Stage, Statistics, discard
from codekiln.config import setting
from codekiln.corpus import Document, Split, documents
from codekiln.inputs.formats import PAIR_TOKENS, segment_pair
from codekiln.inputs.loader import RowStore
from codekiln.inputs.mapped import map_shard
from codekiln.inputs.segments.cutting import Cutter
from codekiln.inputs.segments.partners import NOBODY, partners
from codekiln.inputs.shards import blocks, id_type, write_shard
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

SHARD_DOCUMENTS = 512
PAIRS, PARTS = "pairs", ("ids", "keys")  # what is written down first, until the rows are there
NEXT = 0.5  # of the rows have the right second half
SPLITS: tuple[Split, ...] = ("train", "held_out")


@dataclass(frozen=True)
class SegmentsConfig:
    """Settings of the rows of an encoder."""

    row_length: int = setting(256, "tokens a row, the context of the encoder", check="32..65536")
    seed: int = setting(0, "seed of which pairs are right", check="0..4294967295")


def build(config: SegmentsConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `<split>-00000.npy` …: a row's last column is 1 where the second segment is the next one."""
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    corpus = inputs["corpus"]
    files = sum(corpus.statistics["splits"][split]["files"] for split in SPLITS)
    pairing = _Pairing(tokenizer, config, out)
    statistics: Statistics = {
        "row_length": config.row_length,
        "tokenizer_sha256": tokenizer.fingerprint,
    }
    with progress("segments", files, "files") as task:
        for split in SPLITS:
            pairing.cut(documents(corpus, split), split, task)
            statistics[split] = pairing.pair(split)
    discard(out / PAIRS)
    return statistics


class _Pairing:
    """Both passes over one corpus; a shard that an earlier run finished is left as it is."""

    def __init__(self, tokenizer: Tokenizer, config: SegmentsConfig, out: Path) -> None:
        self._tokenizer, self._config, self._out = tokenizer, config, out
        self._size = (config.row_length - PAIR_TOKENS) // 2
        self._padding = tokenizer.special(PADDING)
        self._kind = id_type(tokenizer)

    def cut(self, files: Iterable[Document], split: Split, task: Progress) -> None:
        """Write down the pairs of all files, and of each pair where it is from."""
        cutter = Cutter(self._tokenizer, self._size)
        (self._out / PAIRS).mkdir(exist_ok=True)
        for number, block in enumerate(blocks(files, SHARD_DOCUMENTS)):
            pairs, keys = (self._out / PAIRS / f"{split}-{number:05d}-{part}.npy" for part in PARTS)
            if not keys.exists():
                rows, found = [], []
                encoded = self._tokenizer.encode_batch([document.content for document in block])
                for document, ids in zip(block, encoded, strict=True):
                    for first, second in cutter.pairs(ids):
                        rows.append(self._filled(first) + self._filled(second))
                        found.append(_keys(document))
                shape = (len(rows), 2 * self._size)
                write_shard(pairs, np.array(rows, self._kind).reshape(shape))
                write_shard(keys, np.array(found, np.uint64).reshape(len(rows), 3))
            task.advance(len(block))

    def pair(self, split: Split) -> dict[str, Any]:
        """Write the rows of a split; a pair for which no wrong half can be had is left out."""
        shards, keys = (sorted((self._out / PAIRS).glob(f"{split}-*-{part}.npy")) for part in PARTS)
        store = RowStore(shards)
        file, language, repository = np.concatenate([np.load(path) for path in keys]).T
        generator = np.random.default_rng([self._config.seed, SPLITS.index(split)])
        other = partners(file, [language, repository], generator)
        right = generator.random(len(other)) < NEXT
        counts = {"rows": 0, "next": 0, "alone": 0, "padding_tokens": 0}
        start = 0
        for number, path in enumerate(shards):
            numbers = np.arange(start, start := start + len(map_shard(path)))
            kept = numbers[other[numbers] != NOBODY]
            rows = self._rows(store, kept, other[kept], right[kept])
            write_shard(self._out / f"{split}-{number:05d}.npy", rows)
            counts["rows"] += len(rows)
            counts["next"] += int(right[kept].sum())
            counts["alone"] += len(numbers) - len(kept)
            counts["padding_tokens"] += int((rows[:, :-1] == self._padding).sum())
        return counts

    def _rows(
        self,
        store: RowStore,
        numbers: npt.NDArray[np.int64],
        other: npt.NDArray[np.int64],
        right: npt.NDArray[np.bool_],
    ) -> npt.NDArray[Any]:
        """The rows of some pairs, each with its own second half or with that of the other."""
        length = self._config.row_length
        rows = np.empty((len(numbers), length + 1), self._kind)
        if len(numbers):
            firsts = store[numbers][:, : self._size]
            seconds = store[np.where(right, numbers, other)][:, self._size :]
            for row, first, second in zip(rows, firsts, seconds, strict=True):
                segments = [part[part != self._padding].tolist() for part in (first, second)]
                row[:-1] = segment_pair(self._tokenizer, segments[0], segments[1], length)
            rows[:, -1] = right
        return rows

    def _filled(self, segment: list[int]) -> list[int]:
        return segment + [self._padding] * (self._size - len(segment))


def _keys(document: Document) -> tuple[int, int, int]:
    """Numbers for a document's file, for its language within its repository, and for the repository."""
    repository = f"{document.source}\0{document.repository}"
    language = f"{repository}\0{document.language}"
    return int(document.sha256[:16], 16), _number(language), _number(repository)


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8])


STAGE = Stage("segments", 1, build)
