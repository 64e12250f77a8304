"""Recorded typing: lines of real files typed anew, key by key, always the same for a seed.

Between two keys are 239 ms with a deviation of 112 ms, the means of 168,000 typists (Dhakal et al. 2018,
"Observations on Typing from 136 Million Keystrokes"), log-normal; a line is thought about beforehand.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bench.generate.places import File

KEY, DEVIATION = 0.239, 0.112  # seconds
THOUGHT = 1.5  # seconds before a line, on top
LINES = 6  # of a passage
LEAST = 120  # characters of a passage: less than that is hardly typed
BEFORE, BEHIND = 256, 64  # lines that llama.vim sends


@dataclass(frozen=True)
class Passage:
    """Whole lines of a file, which are typed between the others."""

    path: str
    above: str
    typed: str
    below: str


@dataclass(frozen=True)
class Key:
    """What stands around the cursor after a key, and the seconds since the one before."""

    pause: float
    before: str
    behind: str


def passages(files: Sequence[File], seed: int) -> Iterator[Passage]:
    """One of each file that is long enough, in random order, over and over."""
    rng = np.random.default_rng(seed)
    while True:
        found = 0
        for number in rng.permutation(len(files)):
            if passage := _passage(files[number], rng):
                found += 1
                yield passage
        if not found:
            raise ValueError(f"None of {len(files)} files has {LEAST} characters in {LINES} lines.")


def _passage(file: File, rng: np.random.Generator) -> Passage | None:
    lines = file.content.splitlines(keepends=True)
    if len(lines) <= 2 * LINES:
        return None
    start = int(rng.integers(LINES, len(lines) - LINES))
    above, typed, below = (
        "".join(part)
        for part in (lines[:start], lines[start : start + LINES], lines[start + LINES :])
    )
    return Passage(file.path, above, typed, below) if len(typed.strip()) >= LEAST else None


def keys(passage: Passage, seed: int) -> Iterator[Key]:
    """One for each character, but the indentation comes by itself with the line."""
    rng = np.random.default_rng(seed)
    spread = math.sqrt(math.log(1 + (DEVIATION / KEY) ** 2))
    centre = math.log(KEY) - spread**2 / 2
    written = passage.above
    for line in passage.typed.splitlines(keepends=True):
        text = line.rstrip("\r\n")
        indent = len(text) - len(text.lstrip())
        for column in range(indent, len(text) + 1):
            pause = rng.lognormal(centre, spread) + THOUGHT * (column == indent)
            yield Key(pause, written + text[:column], "\n" + passage.below)
        written += line


def infill(key: Key) -> dict[str, object]:
    """The body of llama.vim's request with its own settings; no other files beside it."""
    above, newline, prompt = key.before.rpartition("\n")
    rest, _, below = key.behind.partition("\n")
    return {
        "id_slot": 0,
        "input_prefix": "".join(above.splitlines(keepends=True)[-BEFORE:]) + newline,
        "input_suffix": "".join([rest + "\n", *below.splitlines(keepends=True)[:BEHIND]]),
        "input_extra": [],
        "prompt": prompt,
        "n_predict": 128,
        "n_indent": len(prompt) - len(prompt.lstrip()),
        "stop": [],
        "top_k": 40,
        "top_p": 0.99,
        "stream": False,
        "samplers": ["top_k", "top_p", "infill"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 1000,
        "response_fields": ["content"],
    }
