"""What is typed anew of packages: the index beside the same model with retrieved text in its prompt.

Of each package two versions. The rule by which they were chosen, before anything was run on them: of the
packages that the starter's corpus holds out (`bench/generate/places.py`), those of PyPI whose wheels are
for any system and on which no mixture was fitted, in the order of the alphabet: falcon, textual and trl.
The newer version is the one held out, the older the last before SmolLM2-135M was published (2024-11-01), so
that the lines between are newer than the model. smolagents, first published in December 2024, stands for
repositories that are newer as a whole.

The lines that were added are typed as `codekiln eval replay` types them: asked at the line's start and
behind each word, an answer offered while the typed text agrees with it, files of the newer version in the
index (and found by retrieval) once they are finished. Every prompt has 1,024 tokens, of which at most 448
go to retrieved text. Nothing is trained here. "index" has pieces of the index in its prompt and the index
mixed in; "retrieved" has the same pieces alone, so the ratio to it is what mixing brings. The other
baseline is independent of ours: chunks of 20 lines by BM25 as in RepoCoder. Intervals are of 95 %,
resampled by file, or by runs of eight lines where there are fewer than ten files. As many packages as
there are cores are typed at once, each on one core.

`CODEKILN_BENCH_LINES` (100) is the number of lines of a package, `CODEKILN_BENCH_MODELS` names the models.
`CODEKILN_BENCH_TUNED` is a folder with the first of them, tuned on none of these packages: it is asked both
ways, too, and with the index it is compared with retrieved text for the untuned model and for itself.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import Queue, get_context
from pathlib import Path

from bench.corpus.rows import cache
from bench.index.retrieval import Retriever
from codekiln.artifact import open_work
from codekiln.evaluate.replay.added import AddedLine
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.stage import items_of, version_history
from codekiln.evaluate.replay.systems import Context, System, retrieved_budget, system
from codekiln.evaluate.replay.walk import walk
from codekiln.evaluate.results import Comparison, Item, compare, only_system, table
from codekiln.generate import Engine
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

LINES = int(os.environ.get("CODEKILN_BENCH_LINES", "100"))
SMOLLM2 = "smollm2-135m-instruct-q4_1"
MODELS = os.environ.get("CODEKILN_BENCH_MODELS", f"{SMOLLM2},{STARTER}").split(",")
TUNED = os.environ.get("CODEKILN_BENCH_TUNED")
PROMPT = 1024  # tokens, of which a half may be retrieved
INDEX, PIECES, CHUNKS = "index", "retrieved", "chunks by BM25"
TUNED_INDEX, TUNED_PIECES = "tuned, index", "tuned, retrieved"
AGAINST = {INDEX: (PIECES, CHUNKS), TUNED_INDEX: (PIECES, TUNED_PIECES)}

Row = dict[str, str]


@dataclass(frozen=True)
class Pair:
    """A package of PyPI and two of its versions."""

    name: str
    older: str
    newer: str


PAIRS = (
    Pair("falcon", "4.0.1", "4.4.0"),
    Pair("textual", "0.85.1", "8.2.8"),
    Pair("trl", "0.11.4", "1.16.0"),
)
YOUNG = Pair("smolagents", "1.0.0", "1.24.0")


def run() -> dict[str, list[Row]]:
    """For each model the table of all systems, and the index against each baseline."""
    open_work(cache())
    for name in MODELS:
        _place(name)  # downloaded once, before several want it
    asked = list(product(MODELS, (*PAIRS, YOUNG)))
    with _one_core_each() as pool:
        found = dict(zip(asked, pool.map(_items, *zip(*asked, strict=True)), strict=True))
    tables: dict[str, list[Row]] = {}
    for name in MODELS:
        parts = {pair.name: found[name, pair] for pair in (*PAIRS, YOUNG)}
        parts["the three together"] = [item for pair in PAIRS for item in found[name, pair]]
        tables[name] = [row for part, items in parts.items() for row in _rows(part, items)]
        tables[f"{name}: with the index / without"] = [
            row for part, items in parts.items() for row in _ratios(part, items)
        ]
    return tables


def _place(name: str) -> Path:
    return Path(STARTER) if name == STARTER else pull(name, cache()).path


def _one_core_each() -> ProcessPoolExecutor:
    spawn, cores = get_context("spawn"), os.sched_getaffinity(0)
    free = spawn.Queue()
    for core in cores:
        free.put(core)
    return ProcessPoolExecutor(len(cores), spawn, initializer=_stay, initargs=(free,))


def _stay(free: "Queue[int]") -> None:
    """OpenVINO has as many threads as its process may use cores."""
    os.sched_setaffinity(0, {free.get()})


def _items(name: str, pair: Pair) -> list[Item]:
    folder = model_folder(_place(name))
    tokenizer, engine = Tokenizer.load(folder), load_engine(folder)
    index = GrowingIndex(tokenizer, pair.name)
    versions = (f"pypi:{pair.name}=={version}" for version in (pair.older, pair.newer))
    history = version_history(*versions, cache() / "downloads")
    systems = [
        system("model", engine.twin(), tokenizer, index, PROMPT),
        system(PIECES, engine.twin(), tokenizer, index, PROMPT),
        _with_chunks(engine.twin(), tokenizer, index),
        system(INDEX, engine.twin(), tokenizer, index, PROMPT),
        *(_tuned(Path(TUNED), index) if TUNED and name == MODELS[0] else ()),
    ]
    lines = walk(history, index, systems, Pace(LINES))
    return [item for line in lines for item in items_of(history, line)]


def _tuned(folder: Path, index: GrowingIndex) -> Iterator[System]:
    """With the base's index: tokens to fill in with, which tuning has added, stand in no text."""
    tokenizer, engine = Tokenizer.load(folder), load_engine(folder)
    yield system(PIECES, engine.twin(), tokenizer, index, PROMPT, TUNED_PIECES)
    yield system(INDEX, engine.twin(), tokenizer, index, PROMPT, TUNED_INDEX)


def _with_chunks(engine: Engine, tokenizer: Tokenizer, index: GrowingIndex) -> System:
    completer = EngineCompleter(engine, tokenizer)
    return System(CHUNKS, completer, PROMPT, chunks(tokenizer, index, retrieved_budget(PROMPT)))


def chunks(tokenizer: Tokenizer, index: GrowingIndex, budget: int) -> Context:
    """The best chunks of what the index holds at the moment; whole lines of at most `budget` tokens."""
    known: dict[str, Retriever] = {}

    def context(line: AddedLine) -> str:
        held = "".join(origin.sha256 for origin in index.origins())
        if held not in known:
            known.clear()
            known[held] = Retriever(
                {
                    shard.origins[document].path: tokenizer.decode(
                        shard.document(document).tolist()
                    )
                    for shard in index.index.shards
                    for document in shard.documents()
                }
            )
        ids = known[held].prompt(line.prefix, tokenizer, budget)
        return tokenizer.decode(ids).partition("\n")[2].rstrip("\n") + "\n"

    return context


def _rows(part: str, items: list[Item]) -> list[Row]:
    rows = []
    for row in table(items):
        p50, p95 = row.percentiles["milliseconds"]
        figures = {
            name: f"{value:.3f} ({low:.3f} to {high:.3f})"
            for name, (value, low, high) in row.figures.items()
        }
        place = {"package": part, "lines": f"{row.items} {row.stratum}", "predicted by": row.system}
        rows.append({**place, **figures, "p50": f"{p50:.0f} ms", "p95": f"{p95:.0f} ms"})
    return rows


def _ratios(part: str, items: list[Item]) -> list[Row]:
    rows: dict[tuple[str, ...], Row] = {}
    typed = {item.system for item in items}
    for ours, baselines in AGAINST.items():
        for baseline in baselines if ours in typed else ():
            known = only_system(items, ours, part), only_system(items, baseline, part)
            for one in compare(*known):
                key = (ours, baseline, one.stratum)
                place = {"package": part, "lines": f"{one.items} {one.stratum}"}
                rows.setdefault(key, {**place, "with": ours, "without": baseline})
                rows[key][one.figure] = _ratio(one)
    return list(rows.values())


def _ratio(one: Comparison) -> str:
    value, low, high = one.paired.ratio
    return f"{value:.2f} ({low:.2f} to {high:.2f})"
