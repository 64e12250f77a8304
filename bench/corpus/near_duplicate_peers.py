"""The peers of `near_duplicates`: datatrove's four MinHash blocks and datasketch's index.

Both get our definition of likeness, 5-grams of code tokens: datatrove through a word tokenizer of its own
interface, with its normalisation of prose off (its tokenizer for English needs models that are
downloaded). Each comes with its own number of hashes and with as many as ours in as many bands, and
datatrove once with its normalisation, where a word is what spaces part.
"""

import re
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import xxhash
from bench.corpus.text_table import Clusters, Tool, count, texts, write_firsts
from datasketch import MinHash, MinHashLSH
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.utils.text import TextNormConfig
from datatrove.utils.word_tokenizers import WordTokenizer
from loguru import logger

from codekiln.corpus.duplicates.bands import BANDS, ROWS
from codekiln.corpus.duplicates.signature import HASHES

NGRAM, THRESHOLD = 5, 0.7
TOKEN = re.compile(r"\w+|[^\w\s]")
AS_IT_IS = TextNormConfig(
    lowercase=False,
    norm_whitespace=False,
    remove_punctuation=False,
    norm_unicode_diacritics=False,
    norm_numbers=False,
)


def peers() -> dict[str, Tool]:
    """The peers by name."""
    own = MinhashConfig(norm_config=AS_IT_IS)
    ours = MinhashConfig(num_buckets=BANDS, hashes_per_bucket=ROWS, norm_config=AS_IT_IS)
    prose = MinhashConfig()
    return {
        "datatrove": partial(datatrove, own, CodeTokenizer()),
        f"datatrove, {BANDS}x{ROWS}": partial(datatrove, ours, CodeTokenizer()),
        "datatrove, prose": partial(datatrove, prose, SpaceTokenizer()),
        "datasketch": partial(datasketch, lambda: MinHashLSH(THRESHOLD, 256), None),
        f"datasketch, {BANDS}x{ROWS}, xxhash": partial(
            datasketch,
            lambda: MinHashLSH(num_perm=HASHES, params=(BANDS, ROWS)),
            xxhash.xxh32_intdigest,
        ),
    }


class CodeTokenizer(WordTokenizer):
    """The tokens of code."""

    def word_tokenize(self, text: str) -> list[str]:
        return TOKEN.findall(text)

    def sent_tokenize(self, text: str) -> list[str]:
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        raise NotImplementedError


class SpaceTokenizer(CodeTokenizer):
    """What spaces part, for a text whose punctuation is gone."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()


def datatrove(
    config: MinhashConfig, tokenizer: WordTokenizer, source: Path, work: Path
) -> Clusters:
    """Its four blocks, one task after the other in this process."""
    logger.disable("datatrove")
    signed, paired, removed, kept = (str(work / str(number)) for number in range(4))
    reader = ParquetReader(str(source.parent), glob_pattern=source.name)
    _pipeline(work / "logs", 1, reader, MinhashDedupSignature(signed, config, tokenizer))
    _pipeline(work / "logs", config.num_buckets, MinhashDedupBuckets(signed, paired, config=config))
    _pipeline(work / "logs", 1, MinhashDedupCluster(paired, removed, config, save_cluster_id=True))
    _pipeline(work / "logs", 1, reader, MinhashDedupFilter(removed), ParquetWriter(kept))
    clusters = list(range(-count(source), 0))  # whoever has no cluster is one alone
    found = Path(removed, "000000.clusters").read_bytes()
    for document, cluster in struct.iter_unpack("<2I", found):
        clusters[document] = cluster
    return clusters


def _pipeline(logs: Path, tasks: int, *steps: PipelineStep) -> None:
    LocalPipelineExecutor(
        list(steps), tasks=tasks, workers=1, logging_dir=str(logs), skip_completed=False
    ).run()


def datasketch(
    index: Callable[[], MinHashLSH],
    hash_of: Callable[[bytes], int] | None,
    source: Path,
    work: Path,
) -> Clusters:
    """Its index, which every document asks and then enters; the components of all answers."""
    lsh = index()
    parents: Clusters = []
    for number, text in enumerate(texts(source)):
        sketch = MinHash(lsh.h, hashfunc=hash_of)
        tokens = TOKEN.findall(text)
        starts = range(max(1, len(tokens) - NGRAM + 1))
        sketch.update_batch({" ".join(tokens[at : at + NGRAM]).encode() for at in starts})
        parents.append(number)
        for other in lsh.query(sketch):
            one, two = sorted((_root(parents, number), _root(parents, other)))
            parents[two] = one
        lsh.insert(number, sketch)
    clusters = [_root(parents, number) for number in range(len(parents))]
    write_firsts(source, work, clusters)
    return clusters


def _root(parents: Clusters, number: int) -> int:
    while parents[number] != number:
        parents[number] = number = parents[parents[number]]
    return number
