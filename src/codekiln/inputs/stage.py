"""The stage that turns both splits of a corpus into shards of rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.config import setting
from codekiln.corpus import documents
from codekiln.inputs.mapped import map_shard
from codekiln.inputs.packing import SMALLEST_ROOM, Packer
from codekiln.inputs.shards import blocks, id_type, write_shard
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

SHARD_DOCUMENTS = 128


@dataclass(frozen=True)
class InputsConfig:
    """Settings of the inputs."""

    row_length: int = setting(
        512, "tokens a row, the context of the model", check=f"{2 * SMALLEST_ROOM}..65536"
    )
    fim_rate: float = setting(0.5, "share of segments rearranged for infilling", check="0..1")
    header_rate: float = setting(0.5, "chance to keep each field of the header", check="0..1")
    seed: int = setting(0, "seed of headers and cuts", check="0..4294967295")


def build(config: InputsConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Pack both splits; held-out rows keep whole headers and are never rearranged."""
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    corpus = inputs["corpus"]
    sizes = {split: corpus.statistics["splits"][split]["files"] for split in ("train", "held_out")}
    statistics: Statistics = {
        "row_length": config.row_length,
        "tokenizer_sha256": tokenizer.fingerprint,
    }
    with progress("inputs", sum(sizes.values()), "files") as task:
        train = Packer(
            tokenizer, config.row_length, config.fim_rate, config.header_rate, config.seed
        )
        held_out = Packer(tokenizer, config.row_length, 0.0, 1.0, config.seed)
        statistics["train"] = _pack(train, tokenizer, corpus, "train", out, task)
        statistics["held_out"] = _pack(held_out, tokenizer, corpus, "held_out", out, task)
    return statistics


def _pack(
    packer: Packer,
    tokenizer: Tokenizer,
    corpus: Artifact,
    split: Literal["train", "held_out"],
    out: Path,
    task: Progress,
) -> dict[str, Any]:
    """Write `<split>-00000.npy` …; a shard that an earlier run finished is left as it is."""
    rows = padding = 0
    for number, block in enumerate(blocks(documents(corpus, split), SHARD_DOCUMENTS)):
        path = out / f"{split}-{number:05d}.npy"
        if not path.exists():
            write_shard(path, np.array(list(packer.rows(block)), id_type(tokenizer)))
        task.advance(len(block))
        shard = map_shard(path)
        rows += len(shard)
        padding += int((shard == tokenizer.special(PADDING)).sum())
    return {"rows": rows, "padding_tokens": padding}


STAGE = Stage("inputs", 3, build)
