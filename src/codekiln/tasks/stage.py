"""The stage that makes examples of all tasks from a corpus, as Parquet: no ids yet, so for every base.

What the corpus holds out, whole repositories, gives the held-out examples.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.corpus import Split, changes, documents
from codekiln.corpus.collect.shards import read_table
from codekiln.corpus.contamination import Benchmarks
from codekiln.errors import CorpusError, UsageError
from codekiln.inputs.shards import blocks
from codekiln.languages import languages
from codekiln.tasks.example import TaskExample
from codekiln.tasks.fix.compilers import compiler_of
from codekiln.tasks.fix.trial import Run
from codekiln.tasks.mining import Miner, Wanted
from codekiln.tasks.table import write_examples
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer

SHARD_DOCUMENTS = 1024
EXAMPLES, COUNTS = "examples-", "counts-"
COMMITS = "commits"  # the shard of a split that the history gives
SPLITS: tuple[Split, ...] = ("train", "held_out")


@dataclass(frozen=True)
class TasksConfig:
    """Settings of the examples; numbers are of both splits together."""

    completions: int = setting(20_000, "completions at most", check=">= 0")
    implementations: int = setting(20_000, "functions to implement at most", check=">= 0")
    bugs: int = setting(
        2_000, "bugs to put into code and run, at most; 0 = run nothing", check=">= 0"
    )
    bug_languages: tuple[str, ...] = setting((), "languages of those bugs; none named = all")
    context_rate: float = setting(0.25, "share of completions with other files' text", check="0..1")
    context_tokens: int = setting(256, "tokens of other files at most", check="> 0")
    benchmarks: tuple[str, ...] = setting((), "files of tests to keep out, besides HumanEval")
    seed: int = setting(0, "another seed cuts and breaks at other places")

    def check(self) -> None:
        """See whether what is named is there.

        Raises:
            UsageError: a language is not known or cannot be built here, or a file is missing.
        """
        for name in self.bug_languages:
            language = languages().get(name)
            if language is None:
                raise UsageError(
                    f"'{name}' is no language that we know: mend 'tasks.bug_languages'."
                )
            compiler_of(language)
        for path in self.benchmarks:
            if not Path(path).expanduser().is_file():
                raise UsageError(f"There is no file {path} of benchmarks: mend 'tasks.benchmarks'.")


def stage_of(run: Run | None) -> Stage:
    """The stage with somebody who runs what nobody trusts; without, no bugs can be put into code."""

    def build(config: TasksConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        config.check()
        if config.bugs and run is None:
            raise UsageError(
                "Bugs are put into code by running it, and nothing here can do that safely: "
                "set tasks.bugs=0, or see 'codekiln doctor'."
            )
        return _build(config, inputs, out, run)

    return Stage("tasks", 2, build)


def _build(
    config: TasksConfig, inputs: Mapping[str, Artifact], out: Path, run: Run | None
) -> Statistics:
    """Write `examples-<split>-00000.parquet` …, and beside each what became of its candidates."""
    corpus = inputs["corpus"]
    benchmarks = Benchmarks.load([Path(path).expanduser() for path in config.benchmarks])
    sizes = {split: corpus.statistics["splits"][split]["files"] for split in SPLITS}
    making = _Making(config, Tokenizer.load(inputs["tokenizer"].path), benchmarks, run, out)
    with progress("tasks", sum(sizes.values()), "files") as task:
        for split in SPLITS:
            for number, block in enumerate(blocks(documents(corpus, split), SHARD_DOCUMENTS)):
                share = len(block) / sum(sizes.values())
                making.block(f"{split}-{number:05d}", block, share)
                task.advance(len(block))
            making.history(f"{split}-{COMMITS}", corpus, split)
    found: Statistics = {split: _statistics(out, split) for split in SPLITS}
    if not any(tasks["examples"] for tasks in found.values()):
        raise CorpusError(
            "The corpus gives no example of any task (no function is documented, nothing can be run, and "
            "no history tells of fixes): add sources, or raise the numbers in [tasks]."
        )
    return found


class _Making:
    """Writes shards; those that an earlier run finished are left as they are."""

    def __init__(
        self,
        config: TasksConfig,
        tokenizer: Tokenizer,
        benchmarks: Benchmarks,
        run: Run | None,
        out: Path,
    ) -> None:
        self._config, self._tokenizer = config, tokenizer
        self._benchmarks, self._run, self._out = benchmarks, run, out

    def block(self, name: str, block: Sequence[Any], share: float) -> None:
        """The examples of some documents; every block gives its share, so that no source is left out."""
        config = self._config
        wanted = Wanted(
            *(
                math.ceil(n * share)
                for n in (config.completions, config.implementations, config.bugs)
            )
        )
        if not self._is_there(name):
            miner = self._miner()
            self._write(name, miner.examples(block, wanted), miner)

    def history(self, name: str, corpus: Artifact, split: Split) -> None:
        """The examples of the commits that the corpus holds."""
        if self._is_there(name):
            return
        miner = self._miner()
        histories = groupby(changes(corpus), key=lambda change: change.repository)
        found = (example for _, edits in histories for example in miner.bug_fixes(edits, split))
        self._write(name, found, miner)

    def _miner(self) -> Miner:
        config = self._config
        return Miner(
            self._tokenizer,
            self._benchmarks,
            self._run,
            config.context_rate,
            config.context_tokens,
            config.bug_languages,
            config.seed,
        )

    def _is_there(self, name: str) -> bool:
        return (self._out / f"{COUNTS}{name}.json").exists()

    def _write(self, name: str, examples: Iterable[TaskExample], miner: Miner) -> None:
        """The counts go last: a shard whose counts are there is whole."""
        write_examples(self._out / f"{EXAMPLES}{name}.parquet", examples)
        counts = {table: dict(sorted(each.items())) for table, each in sorted(miner.counts.items())}
        write_atomically(self._out / f"{COUNTS}{name}.json", json.dumps(counts).encode())


def _statistics(out: Path, split: str) -> dict[str, Any]:
    """How many examples there are by task, kind and language, and what became of all candidates."""
    became: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(out.glob(f"{COUNTS}{split}-*.json")):
        for table, counts in json.loads(path.read_text(encoding="utf-8")).items():
            became[table].update(counts)
    tasks: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    total = 0
    for path in sorted(out.glob(f"{EXAMPLES}{split}-*.parquet")):
        table = read_table(path, ("task", "kind", "language"))
        columns = (table[name].to_pylist() for name in ("task", "kind", "language"))
        for task, kind, language in zip(*columns, strict=True):
            tasks[task]["kinds"][kind] += 1
            tasks[task]["languages"][language] += 1
            total += 1
    return {
        "examples": total,
        "tasks": {
            task: {name: dict(counts.most_common()) for name, counts in tables.items()}
            for task, tables in sorted(tasks.items())
        },
        "became": {table: dict(counts.most_common()) for table, counts in sorted(became.items())},
    }
