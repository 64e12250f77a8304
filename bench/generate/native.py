"""The race of `generate.latency` against llama.cpp built on this machine, in this process.

`pip install llama-cpp-python` builds it, in about nine minutes on two cores, for just this processor. It
keeps the last prompt, and speculates with its own prompt lookup where that makes it faster here: both are
tried at the first places. Otherwise all is as in `generate.latency`; `CODEKILN_BENCH_PLACES` (60) counts.
"""

import os
from functools import partial
from pathlib import Path
from statistics import median

from bench.corpus.rows import cache
from bench.generate.latency import (
    CONTEXT,
    KEYS,
    LONGEST,
    LONGEST_DRAFT,
    SMOLLM2,
    Row,
    gguf,
    peer,
    race,
    request_at,
    timed,
)
from bench.generate.llama_cpp import Answer
from bench.generate.places import Place, files, places
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.loading import STARTER, model_folder
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

PLACES = int(os.environ.get("CODEKILN_BENCH_PLACES", "60"))
TRIED = 5  # places at which its speculation is chosen


class NativeLlama:
    """One model in this process, with two threads, and its prompt lookup or not."""

    def __init__(self, path: Path, *, lookup: bool) -> None:
        import llama_cpp
        from llama_cpp.llama_speculative import LlamaPromptLookupDecoding

        self._model = llama_cpp.Llama(
            str(path),
            n_ctx=CONTEXT + LONGEST + 16,
            n_threads=2,
            n_threads_batch=2,
            draft_model=LlamaPromptLookupDecoding(4, LONGEST_DRAFT) if lookup else None,
            logits_all=lookup,  # which its drafts need
            verbose=False,
        )

    def complete(self, prefix: list[int], *, n_predict: int, stop: tuple[str, ...]) -> Answer:
        """The greedy continuation of the ids; it tells no times."""
        said = self._model.create_completion(
            prefix, max_tokens=n_predict, stop=list(stop), temperature=0
        )
        return Answer(said["choices"][0]["text"], 0, len(prefix), 0, 0, 0, 0, 0)


def run() -> dict[str, list[Row]]:
    """A table a model."""
    known = files()
    chosen = places(known, PLACES)
    tables = {}
    for name, model in (
        ("starter, 32M", Path(STARTER)),
        ("SmolLM2, 135M", pull(SMOLLM2, cache()).path),
    ):
        folder = model_folder(model)
        lookup = _lookup_helps(folder, gguf(model), chosen[:TRIED])
        times, _ = race(folder, NativeLlama(gguf(model), lookup=lookup), chosen, known)
        title = f"{name}, {'with' if lookup else 'without'} its prompt lookup"
        tables[title] = [times[kind].row(kind) for kind in sorted(times)]
    return tables


def _lookup_helps(folder: Path, weights: Path, chosen: list[Place]) -> bool:
    tokenizer = Tokenizer.load(folder)
    healer, medians = Healer(tokenizer), {}
    for lookup in (False, True):
        model = NativeLlama(weights, lookup=lookup)
        spent = [
            timed(partial(peer, model, tokenizer, healer, request_at(place, key)))[1]
            for place in chosen
            for key in range(KEYS + 1)
            if key
        ]
        medians[lookup] = median(spent)
    return medians[True] < medians[False]
