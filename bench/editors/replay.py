"""Editors that ask at each key, as llama.vim does, and what becomes of their requests."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.editors.typist import Passage, infill, keys
from bench.generate.places import File

SAMPLES = 300  # of the memory, over the whole time
AROUND = 0.02  # of the time: so far from a moment its samples may be


@dataclass
class Tally:
    """What became of requests; `answered` has milliseconds, `errors` what was said."""

    answered: list[float] = field(default_factory=list)
    empty: int = 0
    cancelled: int = 0
    refused: int = 0
    errors: list[str] = field(default_factory=list)

    def percentile(self, percent: float) -> float:
        """Milliseconds, of the answered; NaN if none was."""
        return float(np.percentile(self.answered, percent)) if self.answered else float("nan")

    @property
    def asked(self) -> int:
        """All of them."""
        return len(self.answered) + self.cancelled + self.refused + len(self.errors)


@dataclass(frozen=True)
class Sample:
    """Bytes at a moment, which is a share of the whole time."""

    moment: float
    memory: int


def memory_at(samples: Sequence[Sample], moment: float) -> float:
    """Median of what was measured around it, because garbage comes and goes."""
    near = [sample.memory for sample in samples if abs(sample.moment - moment) <= AROUND]
    return float(np.median(near))


def save(folder: Path, path: str, text: str) -> None:
    """As an editor does."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8", newline="")


def save_all(folder: Path, files: Iterable[File]) -> None:
    """A folder of the files as they are."""
    for file in files:
        save(folder, file.path, file.content)


async def ask(
    client: httpx.AsyncClient, body: dict[str, Any], tally: Tally, route: str = "/infill"
) -> None:
    """One request; counted unless it is cancelled meanwhile."""
    begun = time.perf_counter()
    try:
        reply = await client.post(route, json=body)
        if reply.status_code == httpx.codes.TOO_MANY_REQUESTS:
            tally.refused += 1
        elif reply.is_error:
            tally.errors.append(f"{reply.status_code}: {reply.text}")
        else:
            tally.empty += not reply.json()["content"].strip()
            tally.answered.append(1000 * (time.perf_counter() - begun))
    except (httpx.HTTPError, ValueError, KeyError) as error:
        tally.errors.append(repr(error))


async def edit(
    client: httpx.AsyncClient, passages: Iterable[Passage], folder: Path, seed: int, tally: Tally
) -> None:
    """Take lines out of a file, type them anew, save it, go on with the next; until it is cancelled.

    A key hangs up on the request of the key before.
    """
    asked: asyncio.Task[None] | None = None
    try:
        for passage in passages:
            save(folder, passage.path, passage.above + passage.below)
            for key in keys(passage, seed):
                await asyncio.sleep(key.pause)
                await _hang_up(asked, tally)
                asked = asyncio.create_task(ask(client, infill(key), tally))
            save(folder, passage.path, passage.above + passage.typed + passage.below)
    finally:
        await _hang_up(asked, tally)


async def _hang_up(asked: asyncio.Task[None] | None, tally: Tally) -> None:
    if asked is None or asked.done():
        return
    asked.cancel()
    await asyncio.wait([asked])  # which raises only what is meant for us
    tally.cancelled += asked.cancelled()


async def replay(
    url: str,
    editors: Sequence[Iterable[Passage]],
    folder: Path,
    seconds: float,
    memory: Callable[[], int],
) -> tuple[Tally, list[Sample]]:
    """So many editors at once for so long, each with its own passages."""
    tally, samples = Tally(), []
    async with fresh_client(url) as client:
        at_work = [
            asyncio.create_task(edit(client, passages, folder, number, tally))
            for number, passages in enumerate(editors)
        ]
        begun = time.perf_counter()
        while (moment := (time.perf_counter() - begun) / seconds) < 1:
            samples.append(Sample(moment, memory()))
            await asyncio.sleep(seconds / SAMPLES)
        for editor in at_work:
            editor.cancel()
        for ended in await asyncio.gather(*at_work, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
    return tally, samples


def fresh_client(url: str) -> httpx.AsyncClient:
    """Each request has a connection of its own, as with the curl that llama.vim starts."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, timeout=120, limits=limits, trust_env=False)
