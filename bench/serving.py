"""The server with editors that type in one repository, and beside llama.cpp's server.

Typing is recorded (`bench/editors/typist.py`): lines of textual 8.2.8, which the starter has not seen, are
taken out of their files and typed anew with a typist's pauses; a file is saved before and after, so that
the index of `--repo` follows. At each key an editor asks as llama.vim does (format A, its settings) and
hangs up on the request of the key before. For each number of editors a new `codekiln serve` is started
with the starter. Errors are all answers but 200 and 429, broken connections, and what the server wrote to
stderr. Memory is what is resident of the server; its growth is from a fifth of the time to the end.

Then the same requests go to each server: prompts of at most 832 tokens of a file, so that none has to
cut them, and the likeliest tokens until the line's end, or 32 of them. A place is asked at 12 keys, of
which the first finds no cache. The servers take turns, four places at a time: one place after another, or
the four beside each other, for which llama.cpp has four slots. Both have the weights in eight bits, two
threads and drafts from what was read. What differs: ours verifies each answer and drops what does not
parse, and writes the word at the cursor anew; with `--repo` it reads up to 448 tokens of other files,
drafts from the index and mixes it in; it answers one request at a time, while others wait. The starter
reads what stands behind the cursor first, so that a key only adds to a prompt; llama.cpp's `/infill` puts
it last and reads it anew at each key. Its `/completion` is therefore asked too, with ids in our order.

`CODEKILN_BENCH_SECONDS` (600) is for each number of editors, `CODEKILN_BENCH_PLACES` (60) of the race.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from bench.corpus.rows import rows
from bench.editors.replay import Tally, ask, fresh_client, memory_at, replay, save, save_all
from bench.editors.server import CodekilnServer
from bench.editors.typist import Key, infill, keys, passages
from bench.generate.latency import gguf
from bench.generate.llama_cpp import LlamaServer
from bench.generate.places import File
from codekiln.generate.loading import STARTER, model_folder
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer

SECONDS = float(os.environ.get("CODEKILN_BENCH_SECONDS", "600"))
PLACES = int(os.environ.get("CODEKILN_BENCH_PLACES", "60"))
EDITORS = (1, 4, 16)
PACKAGE = "pypi:textual==8.2.8"
EARLY = 0.2  # of the time: what is loaded and cached is so by then
KEYS, LONGEST, SLOTS = 12, 32, 4
BEFORE, BEHIND = 640, 192  # tokens around the cursor
CONTEXT = 1024
GREEDY = {"n_predict": LONGEST, "temperature": 0, "stop": ["\n"], "id_slot": -1}  # any slot
PAUSE = 0.02  # seconds before a turn, in which the threads of the one before stop to wait busily

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """One table of the load, one of the race."""
    files = [File(PACKAGE, row["path"], row["content"]) for row in rows([PACKAGE])]
    with tempfile.TemporaryDirectory() as place:
        load = [_load(files, editors, Path(place) / str(editors)) for editors in EDITORS]
        race = _race(files, Path(place) / "race")
    return {f"editors that type for {SECONDS:g} s": load, "the same requests": race}


def _load(files: list[File], editors: int, place: Path) -> Row:
    save_all(place / "repo", files)
    typing = [passages(files[number::editors], number) for number in range(editors)]
    with CodekilnServer(place / "work", place / "repo") as server:
        tally, samples = asyncio.run(
            replay(server.url, typing, place / "repo", SECONDS, server.memory)
        )
        complaints = server.complaints()
    _tell(tally, complaints)
    early, late = memory_at(samples, EARLY), memory_at(samples, 1.0)
    return {
        "editors": str(editors),
        "asked": str(tally.asked),
        "answered": str(len(tally.answered)),
        "p50": f"{tally.percentile(50):.0f} ms",
        "p95": f"{tally.percentile(95):.0f} ms",
        "empty": f"{tally.empty / max(1, len(tally.answered)):.0%}",
        "cancelled": str(tally.cancelled),
        "429": str(tally.refused),
        "errors": str(len(tally.errors) + bool(complaints)),
        "memory at 20 %": f"{early / 1e6:.0f} MB",
        "at the end": f"{late / 1e6:.0f} MB",
        "growth": f"{late / early - 1:+.1%}",
    }


@dataclass(frozen=True)
class Racer:
    """A server and the form in which a place is put to it."""

    url: str
    body: Callable[[Key], dict[str, Any]]
    route: str = "/infill"


def _race(files: list[File], place: Path) -> list[Row]:
    chosen = list(islice(passages(files, seed=1), 2 * PLACES))
    save_all(place / "repo", files)
    for passage in chosen:
        save(place / "repo", passage.path, passage.above + passage.below)
    tokenizer = Tokenizer.load(model_folder(Path(STARTER)))
    places = [
        [_short(key, tokenizer) for key in islice(keys(passage, 0), KEYS)] for passage in chosen
    ]
    with (
        CodekilnServer(place / "plain") as plain,
        CodekilnServer(place / "indexed", place / "repo") as indexed,
        _peer() as peer,
    ):
        racers = {
            "codekiln": Racer(plain.url, _infill),
            "codekiln --repo": Racer(indexed.url, _infill),
            "llama.cpp /infill": Racer(peer.url, _infill),
            "llama.cpp /completion": Racer(
                peer.url, partial(_completion, tokenizer), "/completion"
            ),
        }
        return [
            *asyncio.run(_turns(racers, places[:PLACES], at_once=1)),
            *asyncio.run(_turns(racers, places[PLACES:], at_once=SLOTS)),
        ]


def _peer() -> LlamaServer:
    return LlamaServer(
        gguf(Path(STARTER)),
        context=CONTEXT,
        slots=SLOTS,
        speculation="ngram-simple",
        lookup=4,
        draft=8,
    )


def _short(key: Key, tokenizer: Tokenizer) -> Key:
    """As many whole lines as fit."""
    before = tokenizer.decode(tokenizer.encode(key.before)[-BEFORE:])
    behind = tokenizer.decode(tokenizer.encode(key.behind)[:BEHIND])
    return Key(key.pause, before.partition("\n")[2], behind.rpartition("\n")[0] + "\n")


def _infill(key: Key) -> dict[str, Any]:
    """llama.vim's, with as much to do for everyone; `top_k` is for llama.cpp to be greedy."""
    return infill(key) | GREEDY | {"top_k": 1, "t_max_predict_ms": 0}


def _completion(tokenizer: Tokenizer, key: Key) -> dict[str, Any]:
    """The ids that our engine reads without a folder, but for its header and the word at the cursor."""
    prompt = completion_prompt(tokenizer, key.before, key.behind, Header(), CONTEXT - LONGEST)
    return {"prompt": prompt, "cache_prompt": True, "response_fields": ["content"]} | GREEDY


async def _turns(racers: Mapping[str, Racer], places: list[list[Key]], at_once: int) -> list[Row]:
    """Each in turn is asked at the same four places, so many beside each other."""
    tallies = {name: Tally() for name in racers}
    seconds = dict.fromkeys(racers, 0.0)
    for start in range(0, len(places), SLOTS):
        for name, racer in racers.items():
            await asyncio.sleep(PAUSE)
            begun = time.perf_counter()
            await _ask_all(racer, places[start : start + SLOTS], at_once, tallies[name])
            seconds[name] += time.perf_counter() - begun
    for tally in tallies.values():
        _tell(tally)
    return [_race_row(name, at_once, tallies[name], seconds[name]) for name in racers]


async def _ask_all(racer: Racer, places: list[list[Key]], at_once: int, tally: Tally) -> None:
    """A place's requests follow each other."""
    free = asyncio.Semaphore(at_once)

    async def follow(place: list[Key]) -> None:
        async with free:
            for key in place:
                await ask(client, racer.body(key), tally, racer.route)

    async with fresh_client(racer.url) as client:
        await asyncio.gather(*map(follow, places))


def _race_row(name: str, at_once: int, tally: Tally, seconds: float) -> Row:
    return {
        "at once": str(at_once),
        "server": name,
        "requests": str(tally.asked),
        "requests/s": f"{len(tally.answered) / seconds:.1f}",
        "p50": f"{tally.percentile(50):.0f} ms",
        "p95": f"{tally.percentile(95):.0f} ms",
        "empty": f"{tally.empty / max(1, len(tally.answered)):.0%}",
        "errors": str(len(tally.errors) + tally.refused),
    }


def _tell(tally: Tally, complaints: str = "") -> None:
    """What went wrong belongs on the screen, not into a table."""
    for error in [*tally.errors[:5], complaints[-2000:]]:
        if error:
            print(error, flush=True)
