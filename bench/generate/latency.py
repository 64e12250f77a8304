"""Time to a full single-line completion, ours and llama.cpp's server, on the same weights at eight bits.

At cursor positions in files that the models have not seen, with 990 tokens of context. Cold is the first
request in a file; typing is each next key on that line, five of them. Both read the same ids (without
the word at the cursor, which both write anew), take the likeliest token and stop at the line's end or after
32 tokens. llama.cpp (the wheel `xllamacpp`) keeps its prompt cache and speculates from n-grams of its own,
with the lookup that drafts most here; ours is the whole call, with the prompt built and the answer
verified. The two are asked in turn, key by key, with 20 ms between, in which their threads stop to wait
busily for more. With the index, ours also has the suffix array of the
repository's other files: it drafts from it and mixes it in, so that answers are others then. "Long matches"
are the places where 8 tokens or more before the cursor stand in the index.

`CODEKILN_BENCH_PLACES` (300) is the number of positions.
"""

import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import psutil

from bench.corpus.rows import cache
from bench.generate.llama_cpp import Answer, LlamaServer
from bench.generate.places import File, Place, files, places
from codekiln.apps.suggest import suggest
from codekiln.generate import CompletionRequest
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.generate.verify import Verifier
from codekiln.index import Index, Origin, Shard
from codekiln.languages import language_of
from codekiln.pipeline.export import export
from codekiln.pipeline.pull import pull
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

PLACES = int(os.environ.get("CODEKILN_BENCH_PLACES", "300"))
KEYS, CONTEXT, LONGEST, LONG_MATCH, LONGEST_DRAFT = 5, 990, 32, 8, 8
PAUSE = 0.02  # seconds before a request
SMOLLM2 = "smollm2-135m-instruct-q4_1"

Row = dict[str, str]


class Peer(Protocol):
    """Somebody else's engine, with its model."""

    def complete(self, prefix: list[int], *, n_predict: int, stop: tuple[str, ...]) -> Answer:
        """The greedy continuation of the ids."""


@dataclass
class Times:
    """Milliseconds of each request, ours and theirs for the same one."""

    ours: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)

    def row(self, name: str) -> Row:
        """Medians, 95th percentiles and their ratios."""
        (a50, a95), (b50, b95) = (
            np.percentile(times, (50, 95)) for times in (self.ours, self.peer)
        )
        return {
            "request": name,
            "requests": str(len(self.ours)),
            "ours p50": f"{a50:.0f} ms",
            "llama.cpp p50": f"{b50:.0f} ms",
            "ratio p50": f"{a50 / b50:.2f}",
            "ours p95": f"{a95:.0f} ms",
            "llama.cpp p95": f"{b95:.0f} ms",
            "ratio p95": f"{a95 / b95:.2f}",
            "same text": f"{np.mean(self.same):.0%}",
        }


def run() -> dict[str, list[Row]]:
    """Two tables a model: times, and what it takes beside them."""
    known = files()
    chosen = places(known, PLACES)
    tables: dict[str, list[Row]] = {}
    for name, model in (
        ("starter, 32M", Path(STARTER)),
        ("SmolLM2, 135M", pull(SMOLLM2, cache()).path),
    ):
        server = LlamaServer(
            gguf(model),
            context=CONTEXT + LONGEST + 16,
            speculation="ngram-simple",
            lookup=4,
            draft=LONGEST_DRAFT,
        )
        with server:
            times, beside = race(model_folder(model), server, chosen, known)
            beside[0]["llama.cpp"] = _megabytes(server.memory()["VmRSS"])
        tables[name] = [times[kind].row(kind) for kind in sorted(times)]
        tables[f"{name}: beside the time"] = beside
    return tables


def race(
    folder: Path, server: Peer, chosen: list[Place], known: list[File]
) -> tuple[dict[str, Times], list[Row]]:
    """Ask ours and the other in turn; the times of each kind of request, and what ours takes besides."""
    before = _memory()
    tokenizer, engine = Tokenizer.load(folder), load_engine(folder, kind="openvino", weights="int8")
    plain = EngineCompleter(engine, tokenizer)
    verifier, healer = Verifier(), Healer(tokenizer)
    ours(plain, verifier, request_at(chosen[0], 0))
    memory, idle = _memory() - before, _idle()
    indexes = Indexes(tokenizer, known)
    indexed = EngineCompleter(engine.twin(), tokenizer, mix=True)
    times: dict[str, Times] = defaultdict(Times)
    for place in chosen:
        indexed.index = indexes.without(place.file)
        long = indexed.index.match(tokenizer.encode(place.prefix[-2000:])).length >= LONG_MATCH
        for key in range(KEYS + 1):
            request = request_at(place, key)
            state = "typing" if key else "cold"
            said, theirs = timed(partial(peer, server, tokenizer, healer, request))
            for kind, completer in (("", plain), (", with index", indexed)):
                text, spent = timed(partial(ours, completer, verifier, request))
                for row in (state + kind, *([f"{state}{kind}, long matches"] if long else [])):
                    times[row].ours.append(spent)
                    times[row].peer.append(theirs)
                    times[row].same.append(text == said)
    return times, [
        {"": "memory", "ours": _megabytes(memory), "llama.cpp": ""},
        {"": "processor while idle", "ours": f"{idle:.1%}", "llama.cpp": ""},
    ]


class Indexes:
    """Of each package, the index of all its files but one."""

    def __init__(self, tokenizer: Tokenizer, known: list[File]) -> None:
        self._tokenizer, self._known = tokenizer, known
        self._shards: dict[str, tuple[list[File], Shard]] = {}

    def without(self, file: File) -> Index:
        if file.package not in self._shards:
            self._shards[file.package] = self._built(file.package)
        members, whole = self._shards[file.package]
        shard = Shard(whole.tokens, whole.suffixes, whole.starts, whole.origins, whole.end)
        shard.delete(members.index(file))
        return Index(self._tokenizer, [shard])

    def _built(self, package: str) -> tuple[list[File], Shard]:
        members = [one for one in self._known if one.package == package]
        ids = self._tokenizer.encode_batch([one.content for one in members])
        origins = [Origin(package, one.path) for one in members]
        return members, Shard.build(self._tokenizer, ids, origins)


def request_at(place: Place, key: int) -> CompletionRequest:
    """After so many keys."""
    return CompletionRequest(
        place.prefix + place.rest[:key],
        place.suffix,
        path=place.file.path,
        language=language_of(place.file.path, "").name,
        max_tokens=LONGEST,
        max_prompt_tokens=CONTEXT,
        stop=("\n",),
    )


def ours(completer: EngineCompleter, verifier: Verifier, request: CompletionRequest) -> str:
    return suggest(completer, request, verifier=verifier).completion.text


def peer(server: Peer, tokenizer: Tokenizer, healer: Healer, request: CompletionRequest) -> str:
    """Its answer to the ids that our engine reads; the word at the cursor is cut off, as it is off ours."""
    budget = request.max_prompt_tokens or CONTEXT
    whole = completion_prompt(tokenizer, request.prefix, request.suffix, request.header, budget)
    prompt, healing = healer.heal(whole)
    said = server.complete(prompt, n_predict=LONGEST, stop=request.stop).text
    word = (
        request.prefix.encode()[len(request.prefix.encode()) - healing.overlap :]
        if healing
        else b""
    )
    return said.removeprefix(word.decode(errors="ignore"))


def timed(work: Callable[[], str]) -> tuple[str, float]:
    time.sleep(PAUSE)
    begun = time.perf_counter()
    found = work()
    return found, 1000 * (time.perf_counter() - begun)


def gguf(model: Path) -> Path:
    """The model in llama.cpp's form with a byte a weight, made once."""
    path = cache() / "gguf" / f"{model_folder(model).name}-q8_0.gguf"
    if not path.exists():
        export(model, path, "gguf", "q8_0")
    return path


def _memory() -> int:
    return psutil.Process().memory_info().rss


def _idle() -> float:
    """Of one core, over three seconds."""
    process = psutil.Process()
    process.cpu_percent()
    time.sleep(3)
    return process.cpu_percent() / 100


def _megabytes(count: int) -> str:
    return f"{count / 1e6:.0f} MB"
