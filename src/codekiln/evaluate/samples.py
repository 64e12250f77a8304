"""Completions at random places of held-out files, each beside what the author wrote there."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from codekiln.corpus import Document
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.telemetry import progress

SHOWN_LINES = 8
WORDY = re.compile(r"\w.*\w.*\w.*\w")


@dataclass(frozen=True)
class Sample:
    """One place, what the model wrote to the end of that line, and what the author had written."""

    path: str
    line: int
    column: int
    before: str
    completion: str
    written: str
    after: str
    finish_reason: str
    mean_logprob: float

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def sample_completions(
    completer: Completer, documents: Sequence[Document], count: int, max_tokens: int, seed: int
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
            samples.append(_sample(completer, document, number, max_tokens, generator))
            task.advance()
    return samples


def _sample(
    completer: Completer,
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
    completion = collect(completer, request)
    return Sample(
        path=document.path,
        line=number + 1,
        column=column + 1,
        before="\n".join(before.split("\n")[-SHOWN_LINES:]),
        completion=completion.text,
        written=line[column:],
        after="\n".join(after.split("\n")[1 : SHOWN_LINES // 2]),
        finish_reason=completion.finish_reason,
        mean_logprob=float(np.mean(completion.logprobs)) if completion.logprobs else 0.0,
    )
