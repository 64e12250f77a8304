"""Completions at random places of held-out files, each beside what the author wrote there.

Each place is completed twice, by the model alone and with the index of its corpus mixed in.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from codekiln.corpus import Document
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.index import Index, Place
from codekiln.index.provenance import trace
from codekiln.telemetry import progress

SHOWN_LINES = 8
LEAST, SOURCES = 16, 2  # characters of a passage of one line, and how many of them are told
WORDY = re.compile(r"\w.*\w.*\w.*\w")


@dataclass(frozen=True)
class Completers:
    """The model alone, the same with an index, and that index."""

    alone: Completer
    indexed: Completer
    index: Index


@dataclass(frozen=True)
class Source:
    """Where a passage of a completion and of what stands before it on its line was learned from.

    `place` is the first of `count` in the index, under `licence`.
    """

    text: str
    count: int
    place: str
    licence: str


@dataclass(frozen=True)
class Sample:
    """One place, what the model wrote to the end of that line, and what the author had written.

    `completion` is the model's alone, `indexed` is written with the index, and `sources` are of that.
    """

    path: str
    line: int
    column: int
    before: str
    completion: str
    indexed: str
    sources: tuple[Source, ...]
    written: str
    after: str
    finish_reason: str
    mean_logprob: float

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def sample_completions(
    completers: Completers,
    documents: Sequence[Document],
    count: int,
    max_tokens: int,
    seed: int,
) -> list[Sample]:
    """Complete at `count` places, drawn from all lines with at least four letters or digits.

    The cursor stands at a random place of the line's first half, counted from its indentation. The
    model sees the file up to there and from the line's end on, as it would in an editor.
    """
    generator = np.random.default_rng(seed)
    lines = [
        (document, number)
        for document in documents
        for number, line in enumerate(document.content.split("\n"))
        if WORDY.search(line)
    ]
    chosen = generator.choice(len(lines), size=min(count, len(lines)), replace=False)
    samples = []
    with progress("completions", len(chosen), "completions") as task:
        for place in chosen:
            document, number = lines[place]
            samples.append(_sample(completers, document, number, max_tokens, generator))
            task.advance()
    return samples


def _sample(
    completers: Completers,
    document: Document,
    number: int,
    max_tokens: int,
    generator: np.random.Generator,
) -> Sample:
    lines = document.content.split("\n")
    line = lines[number].removesuffix("\r")
    ending = lines[number][len(line) :]  # a carriage return belongs to the line's end
    indent = len(line) - len(line.lstrip())
    column = int(generator.integers(indent, indent + (len(line) - indent) // 2 + 1))
    before = "\n".join([*lines[:number], line[:column]])
    after = "\n".join([ending, *lines[number + 1 :]])
    request = CompletionRequest(
        before,
        suffix=after,
        path=document.path,
        language=document.language,
        repository=document.repository,
        max_tokens=max_tokens,
        stop=("\n", "\r\n"),
    )
    completion = collect(completers.alone, request)
    indexed = collect(completers.indexed, request).text
    return Sample(
        path=document.path,
        line=number + 1,
        column=column + 1,
        before="\n".join(before.split("\n")[-SHOWN_LINES:]),
        completion=completion.text,
        indexed=indexed,
        sources=_sources(completers.index, line[:column], indexed),
        written=line[column:],
        after="\n".join(after.split("\n")[1 : SHOWN_LINES // 2]),
        finish_reason=completion.finish_reason,
        mean_logprob=float(np.mean(completion.logprobs)) if completion.logprobs else 0.0,
    )


def _sources(index: Index, before: str, completion: str) -> tuple[Source, ...]:
    """The rarest passages that reach from the line into the completion, or lie in it."""
    if not completion.strip():
        return ()
    found = trace(before + completion, index, least=LEAST)
    return tuple(
        Source(
            text=(before + completion)[passage.start : passage.end],
            count=passage.count,
            place=_name(passage.places[0]),
            licence=passage.places[0].origin.licence,
        )
        for passage in found
        if passage.end > len(before)
    )[:SOURCES]


def _name(place: Place) -> str:
    return f"{place.origin.repository}/{place.origin.path}:{place.line}"
