"""From a prompt to an assistant's answer, piece by piece: what the formats of OpenAI and Ollama share."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from codekiln.generate import CompletionChunk, CompletionRequest, FinishReason
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.templated import templated
from codekiln.tasks.context import Snippet

PREDICTED = 128  # tokens of a middle, where a client does not say

# Both formats know two reasons. Who is cut off by a deadline has the same right to go on as by a number.
FINISH: dict[FinishReason, str] = {
    "end": "stop",
    "stop": "stop",
    "length": "length",
    "deadline": "length",
    "cancelled": "stop",
}


@dataclass(frozen=True)
class Question:
    """What an assistant is asked. `fills` where a cursor stands in a file, whose answer is then verified.

    `echo` is told in front of the answer.
    """

    request: CompletionRequest
    fills: bool = False
    recent: tuple[Snippet, ...] = ()
    echo: str = ""


def question(prompt: str, suffix: str | None, settings: CompletionRequest) -> Question:
    """What a prompt asks, with the settings: a middle if something stands behind it, else how it goes on."""
    if suffix is not None:
        return Question(replace(settings, prefix=prompt, suffix=suffix, block=True), fills=True)
    found = templated(prompt)
    if found is None:
        return Question(replace(settings, prefix=prompt))
    request = replace(
        settings,
        prefix=found.prefix,
        suffix=found.suffix,
        repository=found.repository,
        path=found.path,
        block=True,
    )
    return Question(request, True, found.recent)


def answer(
    assistant: Assistant, asked: Question, cancelled: threading.Event
) -> Iterator[CompletionChunk]:
    """The answer's chunks; of a middle it is a single one, since only whole answers are verified."""
    request = replace(asked.request, cancelled=cancelled)
    if not asked.fills:
        yield from assistant.stream(request)
        return
    found = assistant.suggest(request, recent=asked.recent).suggestion
    whole = found.completion
    yield CompletionChunk(
        found.text, whole.token_ids, (), whole.finish_reason, whole.timings.prompt_tokens
    )


def generated(chunk: CompletionChunk) -> int:
    """How many tokens a chunk took; one for a text, of a server that tells neither ids nor probabilities."""
    return len(chunk.token_ids) or len(chunk.logprobs) or bool(chunk.text)
