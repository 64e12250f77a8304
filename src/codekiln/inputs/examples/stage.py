"""The stage that packs examples into rows; some are held out, whole groups of them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.config import setting
from codekiln.errors import CorpusError
from codekiln.inputs.examples.example import Example, read_examples
from codekiln.inputs.examples.rows import pack
from codekiln.inputs.shards import blocks, write_shard
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING

SHARD_EXAMPLES = 4096
TRAIN, HELD_OUT = "train", "held_out"

Files = Mapping[str, Path]
Chosen = Callable[[Example, str], bool]


@dataclass(frozen=True)
class ExamplesConfig:
    """Settings of the rows of examples."""

    row_length: int = setting(512, "tokens a row; longer examples are left out", check="32..65536")
    held_out: float = setting(
        0.05,
        "share of the groups that is held out, where no file of such is given",
        check="0.001..0.5",
    )


def stage_of(files: Files) -> Stage:
    """The stage for files in JSON lines: `train`, and `held_out` or a share of the former.

    They lie outside any artifact, so whoever builds it gives their state.
    """

    def build(config: ExamplesConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        return write_rows(config, Tokenizer.load(inputs["base"].path), files, out)

    return Stage("examples", 1, build)


def write_rows(config: ExamplesConfig, tokenizer: Tokenizer, files: Files, out: Path) -> Statistics:
    """Write `train-00000.npy` … and `held_out-00000.npy` ….

    Raises:
        CorpusError: a line is no example, or a split has none that fits a row.
    """
    if HELD_OUT in files:
        chosen = dict.fromkeys(files, lambda _example, _group: True)
    else:
        files = {TRAIN: files[TRAIN], HELD_OUT: files[TRAIN]}
        held_out = _held_out_groups(files[TRAIN], tokenizer, config.held_out)
        chosen = {
            TRAIN: lambda example, group: _group(example, group) not in held_out,
            HELD_OUT: lambda example, group: _group(example, group) in held_out,
        }
    return {
        "row_length": config.row_length,
        "tokenizer_sha256": tokenizer.fingerprint,
        **{
            split: _write(split, files[split], chosen[split], tokenizer, config.row_length, out)
            for split in (TRAIN, HELD_OUT)
        },
    }


def _write(
    split: str, path: Path, chosen: Chosen, tokenizer: Tokenizer, length: int, out: Path
) -> dict[str, Any]:
    padding = tokenizer.special(PADDING) if tokenizer.knows(PADDING) else tokenizer.end
    counts = {"examples": 0, "too_long": 0, "rows": 0, "tokens": 0, "target_tokens": 0}

    def fitting() -> Iterator[Example]:
        with progress("examples", path.stat().st_size, "bytes") as task:
            for example, group in read_examples(path, tokenizer, task.advance):
                if chosen(example, group):
                    fits = len(example) <= length + 1
                    counts["examples" if fits else "too_long"] += 1
                    if fits:
                        yield example

    for number, block in enumerate(blocks(fitting(), SHARD_EXAMPLES)):
        rows = pack(block, length, padding)
        write_shard(out / f"{split}-{number:05d}.npy", rows)
        counts["rows"] += len(rows)
        counts["tokens"] += sum(map(len, block))
        counts["target_tokens"] += sum(len(example.target) for example in block)
    if not counts["examples"]:
        raise CorpusError(
            f"No example of {path} is left to go into '{split}' ({counts['too_long']} are longer than "
            f"examples.row_length, {length}): give more, or longer rows."
        )
    return counts


def _group(example: Example, group: str) -> bytes:
    return sha256(group.encode()).digest() if group else example.key


def _held_out_groups(path: Path, tokenizer: Tokenizer, share: float) -> set[bytes]:
    """Those whose hashes come first: one at least, and one at least is left."""
    groups = sorted({_group(*one) for one in read_examples(path, tokenizer)})
    if len(groups) < 2:
        raise CorpusError(
            f"The examples of {path} are of one group, and some must be held out: give a file of others "
            "for that."
        )
    return set(groups[: max(1, round(share * len(groups)))])
