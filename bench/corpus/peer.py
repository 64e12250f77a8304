"""The peer's pipeline: datatrove with its own reader, writer and MinHash, and filters for code.

`python -m bench.corpus.peer JSONL FOLDER LEVEL` runs it once, in one process. LEVEL says how much it does:

- `rules alone`: the rules of CodeParrot and StarCoder, and its own formatter of e-mail and IP addresses;
- `grammars too`: also the parse by the same grammars, decontamination by its n-gram filter, an allow-list
  over licence headers;
- `as many copies`: also MinHash in as many bands as ours; in its own 14 it misses nearly half of the
  copies at J = 0.7 (`corpus.near_duplicates`);
- `equivalent`: also detect-secrets, the scanner that published pipelines of code use, with placeholders.

Even then it looks at no licence files, tags no fields, and detects no language.
"""

import sys
from pathlib import Path

from bench.corpus.near_duplicate_peers import AS_IT_IS, CodeTokenizer
from bench.corpus.peer_filters import (
    HumanEvalFilter,
    SecretsFormatter,
    allowed_header,
    letters,
    not_encoded,
    parses,
    short_lines,
    written_by_hand,
)
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from loguru import logger

from codekiln.corpus.duplicates.bands import BANDS, ROWS

LEVELS = ("rules alone", "grammars too", "as many copies", "equivalent")


def filters(level: str, index: Path) -> list[PipelineStep]:
    """The steps between reading and MinHash; `index` is a folder for the n-grams of HumanEval."""
    rules = [short_lines, letters, written_by_hand, not_encoded]
    if level == "rules alone":
        return [*map(LambdaFilter, rules), PIIFormatter()]
    checked = [*map(LambdaFilter, [*rules, allowed_header, parses]), HumanEvalFilter(index)]
    return [*checked, *([SecretsFormatter()] if level == "equivalent" else []), PIIFormatter()]


def minhash(level: str) -> MinhashConfig:
    """Its default numbers, or those that find what ours finds."""
    if level in ("rules alone", "grammars too"):
        return MinhashConfig(norm_config=AS_IT_IS)
    return MinhashConfig(num_buckets=BANDS, hashes_per_bucket=ROWS, norm_config=AS_IT_IS)


def main() -> None:
    """Clean, then the four steps of MinHash."""
    source, work, level = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    logger.remove()
    config = minhash(level)
    index, clean, signed, paired, removed, kept = (work / name for name in "iabcde")
    reader = JsonlReader(str(source.parent), glob_pattern=source.name, text_key="content")
    again = JsonlReader(str(clean), glob_pattern="*.jsonl.gz")
    steps: list[tuple[int, list[PipelineStep]]] = [
        (1, [reader, *filters(level, index), JsonlWriter(str(clean))]),
        (1, [again, MinhashDedupSignature(str(signed), config, CodeTokenizer())]),
        (config.num_buckets, [MinhashDedupBuckets(str(signed), str(paired), config=config)]),
        (1, [MinhashDedupCluster(str(paired), str(removed), config)]),
        (1, [again, MinhashDedupFilter(str(removed)), JsonlWriter(str(kept))]),
    ]
    for number, (tasks, pipeline) in enumerate(steps):
        logs = str(work / f"logs{number}")
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=logs).run()


if __name__ == "__main__":
    main()
