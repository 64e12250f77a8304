"""From a prompt to an assistant's answer, piece by piece: what the formats of OpenAI and Ollama share."""

import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from codekiln.errors import UsageError
from codekiln.generate import CompletionChunk, CompletionRequest, FinishReason
from codekiln.serve.assistant import Assistant
from codekiln.serve.http.debug import debug
from codekiln.serve.http.settings import Settings
from codekiln.serve.http.templated import templated
from codekiln.tasks.context import Snippet
from codekiln.tokenizer import Tokenizer

PREDICTED = 128  # tokens of a middle, where a client does not say
IN_TIME = 0.9  # of what the server allows

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

    `echo` is told in front of the answer. Where a prompt is `only_read`, the answer is empty.
    """

    request: CompletionRequest
    fills: bool = False
    recent: tuple[Snippet, ...] = ()
    echo: str = ""
    only_read: bool = False


@dataclass(frozen=True)
class Suggested(CompletionChunk):
    """The only chunk of a middle, with why it is what it is."""

    debug: dict[str, Any] = field(default_factory=dict)


def question(prompt: str, suffix: str | None, settings: CompletionRequest) -> Question:
    """What a prompt asks, with the settings: what stands before a suffix, or how the prompt goes on."""
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


def deadline_ms(limits: Settings) -> float:
    """When an answer ends with what there is of it, so that it is not broken off by the server's limit."""
    return 1000 * IN_TIME * limits.answer_seconds


def in_time(questions: Iterable[Question]) -> Iterator[Question]:
    """Those of one request, each with what the ones before it have left of the time."""
    begun = time.monotonic()
    for one in questions:
        whole = one.request.deadline_ms
        left = None if whole is None else max(whole - 1000 * (time.monotonic() - begun), 1.0)
        yield replace(one, request=replace(one.request, deadline_ms=left))


def answer(
    assistant: Assistant, asked: Question, client: str, cancelled: threading.Event
) -> Iterator[CompletionChunk]:
    """The answer's chunks; of a middle it is a single one, since only whole answers are verified.

    `client` is the format that was asked in.
    """
    request = replace(asked.request, cancelled=cancelled)
    if asked.only_read:
        *_, last = assistant.stream(replace(request, max_tokens=1))
        yield CompletionChunk("", (), (), "length", last.prompt_tokens)
        return
    if not asked.fills:
        yield from assistant.stream(request)
        return
    request = assistant.named(request, [piece.path for piece in asked.recent])
    # Nobody says that its requests of one file replace each other: who no longer waits hangs up.
    found = assistant.suggest(request, recent=asked.recent, client=client)
    whole = found.suggestion.completion
    yield Suggested(
        text=found.suggestion.text,
        token_ids=whole.token_ids,
        logprobs=(),
        finish_reason=whole.finish_reason,
        prompt_tokens=whole.timings.prompt_tokens,
        answer_tokens=whole.timings.generated_tokens,
        debug=debug(assistant, found),
    )


@dataclass(frozen=True)
class Told:
    """A token and its log-probability; `start` is where its text begins in the answer."""

    bytes: bytes
    logprob: float
    start: int

    @property
    def text(self) -> str:
        """Of a token that is a part of a character, a sign for what cannot be shown."""
        return self.bytes.decode(errors="replace")

    def plain(self, likeliest: bool) -> dict[str, Any]:
        """As both formats have it in a chat; `likeliest` tells it as the best of its alternatives, too."""
        said = {"token": self.text, "logprob": self.logprob, "bytes": list(self.bytes)}
        return {**said, "top_logprobs": [said] if likeliest else []}


def told(tokenizer: Tokenizer, chunk: CompletionChunk, start: int) -> list[Told]:
    """The tokens of a chunk whose text begins at `start`, without the end; none where an answer was cut."""
    pairs = zip(chunk.token_ids, chunk.logprobs, strict=False)
    tokens = [Told(tokenizer.bytes_of(token), logprob, start) for token, logprob in pairs]
    return [token for token in tokens if token.bytes]


def check_alternatives(wanted: int, assistant: Assistant, request: CompletionRequest) -> None:
    """Whether log-probabilities can be told, and of as many alternatives of each token as are `wanted`.

    Only the token that was chosen is known, and where nothing bends the choice it is the likeliest.

    Raises:
        UsageError: they cannot.
    """
    if assistant.tokenizer is None:
        raise UsageError("The server behind this one does not tell its tokens: leave logprobs out.")
    likeliest = request.temperature == 0 and request.repetition_penalty is None
    if wanted > (1 if likeliest else 0):
        raise UsageError(
            f"The {wanted} likeliest tokens are not told here, only the one that was chosen: ask for 0, or "
            "for 1 at temperature 0."
        )


def told_why(chunk: CompletionChunk) -> dict[str, Any]:
    """The field that both formats have of ours, behind a middle."""
    return {"codekiln": chunk.debug} if isinstance(chunk, Suggested) else {}
