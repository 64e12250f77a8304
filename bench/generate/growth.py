"""What a completion costs as the context grows, and as the index grows.

The context: SmolLM2 (135M, eight bits) at places of a long file with so many tokens before the cursor, ours
and llama.cpp's server in turn: the first request, and the next keys. The index: the starter (32M) on typed
keys, without an index, and with the first files of its corpus as one: 1M lines and more.
"""

from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from bench.corpus.rows import cache
from bench.generate.latency import LONGEST, SMOLLM2, gguf, ours, peer, timed
from bench.generate.llama_cpp import LlamaServer
from bench.generate.places import Place, files, places
from bench.index.provenance import corpus_shards
from codekiln.generate import CompletionRequest
from codekiln.generate.constraints.healing import Healer
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.generate.loading import STARTER, load_engine, model_folder
from codekiln.generate.verify import Verifier
from codekiln.index import Index
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer

CONTEXTS = (256, 512, 1024, 2048, 4096)
TIMES, KEYS = 3, 5
TYPED = 40  # places where keys are typed with an index

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """Two tables."""
    return {"context": _contexts(), "index": _indexes()}


def _contexts() -> list[Row]:
    folder = pull(SMOLLM2, cache()).path
    tokenizer, engine = Tokenizer.load(folder), load_engine(folder, kind="openvino", weights="int8")
    long = [file for file in files() if len(file.content) > 8 * CONTEXTS[-1]]
    chosen = places(long, TIMES * len(CONTEXTS))
    healer, rows = Healer(tokenizer), []
    with LlamaServer(gguf(folder), context=CONTEXTS[-1] + 64, lookup=4, draft=8) as server:
        for number, size in enumerate(CONTEXTS):
            found: dict[str, list[float]] = {
                "cold": [],
                "key": [],
                "their cold": [],
                "their key": [],
            }
            for place in chosen[number * TIMES : (number + 1) * TIMES]:
                completer = EngineCompleter(engine.twin(), tokenizer)
                for key in range(KEYS + 1):
                    request = _request(place, key, size)
                    kind = "key" if key else "cold"
                    found[kind].append(timed(partial(ours, completer, Verifier(), request))[1])
                    theirs = timed(partial(peer, server, tokenizer, healer, request))
                    found[f"their {kind}"].append(theirs[1])
            rows.append(
                {
                    "context": f"{size} tokens",
                    "first request": _ms(found["cold"]),
                    "llama.cpp": _ms(found["their cold"]),
                    "ratio": f"{median(found['cold']) / median(found['their cold']):.2f}",
                    "next keys": _ms(found["key"]),
                    "llama.cpp ": _ms(found["their key"]),
                    "ratio ": f"{median(found['key']) / median(found['their key']):.2f}",
                }
            )
    return rows


def _indexes() -> list[Row]:
    tokenizer = Tokenizer.load(model_folder(Path(STARTER)))
    engine = load_engine(Path(STARTER), kind="openvino", weights="int8")
    shards = corpus_shards(tokenizer)
    rows = []
    for count in (0, 1, len(shards)):
        index = Index(tokenizer, shards[:count])
        completer = EngineCompleter(engine.twin(), tokenizer, index=index, mix=count > 0)
        verifier = Verifier()
        spent = []
        for place in places(files(), TYPED):
            for key in range(KEYS + 1):
                request = _request(place, key, 900)
                _, milliseconds = timed(partial(ours, completer, verifier, request))
                spent += [milliseconds] if key else []
        rows.append(
            {
                "index": f"{index.tokens / 1e6:.0f}M tokens" if count else "none",
                "lines": f"{_lines(index, tokenizer) / 1e6:.1f}M",
                "typing p50": f"{np.percentile(spent, 50):.1f} ms",
                "typing p95": f"{np.percentile(spent, 95):.1f} ms",
            }
        )
    return rows


def _request(place: Place, key: int, size: int) -> CompletionRequest:
    return CompletionRequest(
        place.prefix + place.rest[:key],
        place.suffix,
        path=place.file.path,
        max_tokens=LONGEST,
        max_prompt_tokens=size,
        stop=("\n",),
    )


def _lines(index: Index, tokenizer: Tokenizer) -> int:
    """Line ends in its tokens."""
    ends = np.array([tokenizer.bytes_of(n).count(b"\n") for n in range(tokenizer.vocabulary_size)])
    return int(sum(ends[np.asarray(shard.tokens)].sum() for shard in index.shards))


def _ms(times: list[float]) -> str:
    return f"{median(times):.0f} ms"
