"""The stage that makes rows of a function's documentation and the function, for contrastive learning."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.config import setting
from codekiln.corpus import Document, Split, documents
from codekiln.inputs.formats import DOCUMENTATION, segment_alone
from codekiln.inputs.mapped import map_shard
from codekiln.inputs.shards import blocks, id_type, write_shard
from codekiln.languages import Function, documented_functions, languages
from codekiln.telemetry import Progress, progress
from codekiln.tokenizer import Tokenizer

SHARD_DOCUMENTS = 512
LANGUAGES = "languages-"
# What documentation says something, and what function does (Husain et al. 2019, CodeSearchNet, §2.1).
FEWEST_WORDS, FEWEST_LINES = 3, 3
UNTOLD = {"constructor", "toString", "equals", "hashCode", "clone", "String"}
SPLITS: tuple[Split, ...] = ("train", "held_out")


@dataclass(frozen=True)
class FunctionsConfig:
    """Settings of the rows of functions."""

    code_length: int = setting(
        192, "tokens of a function, cut to fit; its documentation has 64", check="32..65536"
    )


def build(config: FunctionsConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `<split>-00000.npy` …; a row's last column is a number that its function's name gives.

    `languages-<split>-00000.npy` … name the language of each row.
    """
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    corpus = inputs["corpus"]
    files = sum(corpus.statistics["splits"][split]["files"] for split in SPLITS)
    statistics: Statistics = {"row_length": DOCUMENTATION + config.code_length}
    with progress("functions", files, "files") as task:
        for split in SPLITS:
            rows = _Rows(tokenizer, config.code_length)
            statistics[split] = rows.write(documents(corpus, split), split, out, task)
    return statistics


def is_telling(function: Function) -> bool:
    """Whether the documentation could lead somebody to the function; tests and the like are left out."""
    name = function.name
    return (
        len(function.documentation.split()) >= FEWEST_WORDS
        and function.code.count("\n") + 1 >= FEWEST_LINES
        and "test" not in name.lower()
        and not (name.startswith("__") and name.endswith("__"))
        and name not in UNTOLD
    )


class _Rows:
    """Rows of ids: documentation, function, and what the name gives."""

    def __init__(self, tokenizer: Tokenizer, code_length: int) -> None:
        self._tokenizer, self._length = tokenizer, code_length
        self._kind = id_type(tokenizer)

    def write(
        self, files: Iterable[Document], split: Split, out: Path, task: Progress
    ) -> dict[str, Any]:
        """A shard for each block of files; one that an earlier run finished is left as it is."""
        counts: Counter[str] = Counter()
        for number, block in enumerate(blocks(files, SHARD_DOCUMENTS)):
            path = out / f"{split}-{number:05d}.npy"
            names = out / f"{LANGUAGES}{path.name}"
            if not path.exists():
                found = [
                    (self._row(function), language) for function, language in _functions(block)
                ]
                rows = np.array([row for row, _ in found], self._kind)
                write_shard(names, np.array([language for _, language in found], "U16"))
                write_shard(path, rows.reshape(len(found), DOCUMENTATION + self._length + 1))
            counts.update(map_shard(names).tolist())
            task.advance(len(block))
        return {"rows": counts.total(), "languages": dict(sorted(counts.items()))}

    def _row(self, function: Function) -> list[int]:
        texts = self._tokenizer.encode_batch([function.documentation, function.code])
        sizes = (DOCUMENTATION, self._length)
        text, code = (
            segment_alone(self._tokenizer, *pair) for pair in zip(texts, sizes, strict=True)
        )
        name = int.from_bytes(sha256(function.name.encode()).digest()[:8])
        return [*text, *code, name % self._tokenizer.vocabulary_size]


def _functions(files: Iterable[Document]) -> Iterator[tuple[Function, str]]:
    """Every function that is telling, and the language it is in."""
    known = languages()
    for document in files:
        language = known.get(document.language)
        if language is not None:
            for function in documented_functions(language, document.content.encode()):
                if is_telling(function):
                    yield function, language.name


STAGE = Stage("functions", 1, build)
