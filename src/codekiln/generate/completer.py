"""The one call that command line, servers and apps make: a request in, chunks of text out.

`EngineCompleter` answers with a model of ours. A server with somebody else's model gives no logits
and implements `Completer` on its own.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from codekiln.generate.decoding import FinishReason, Step, generate
from codekiln.generate.engine import Engine
from codekiln.generate.strategies import Sampling, strategy_of
from codekiln.inputs.formats import Header
from codekiln.tasks import completion_prompt
from codekiln.tokenizer import Tokenizer


@dataclass(frozen=True)
class CompletionRequest:
    """What to complete, and how. An empty field of the file's description is simply not known."""

    prefix: str
    suffix: str = ""
    path: str = ""
    language: str = ""
    repository: str = ""
    domains: tuple[str, ...] = ()
    max_tokens: int = 64
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    stop: tuple[str, ...] = ()
    seed: int = 0

    @property
    def header(self) -> Header:
        """What the prompt says of the file."""
        return Header(self.repository, self.path, self.language, self.domains)

    @property
    def sampling(self) -> Sampling:
        """How a token is chosen."""
        return Sampling(
            self.temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty
        )


@dataclass(frozen=True)
class CompletionChunk:
    """A piece of an answer: text that will not change, and the tokens generated since the last one.

    `prompt_tokens` is the same in every chunk of an answer. The text of a token may come only in a
    later chunk, and the end token has none.
    """

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: FinishReason | None = None
    prompt_tokens: int = 0


class Completer(Protocol):
    """Anything that completes."""

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """Chunks, of which the last and only the last has a finish reason.

        Raises:
            UsageError: at once, if the request is out of bounds.
        """


@dataclass(frozen=True)
class EngineCompleter:
    """Completes with an engine in this process, one request at a time."""

    engine: Engine
    tokenizer: Tokenizer

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """One chunk a token.

        The prompt has what `max_tokens` leaves of the context, or half of it if that is more.
        """
        budget = max(self.engine.context - request.max_tokens, self.engine.context // 2)
        prompt = completion_prompt(
            self.tokenizer,
            request.prefix,
            request.suffix,
            request.header,
            budget,
        )
        steps = generate(
            self.engine,
            self.tokenizer,
            prompt,
            strategy=strategy_of(request.sampling),
            max_tokens=request.max_tokens,
            stop=request.stop,
            seed=request.seed,
        )
        return (_chunk(step, len(prompt)) for step in steps)


@dataclass(frozen=True)
class Timings:
    """Where the time went, as the caller saw it."""

    prompt_tokens: int
    prefill_ms: float
    generated_tokens: int
    generate_ms: float
    tokens_per_second: float


@dataclass(frozen=True)
class Completion:
    """A whole answer. `token_ids` has all that was generated, the end or the stop included."""

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: FinishReason
    timings: Timings


def collect(
    completer: Completer,
    request: CompletionRequest,
    clock: Callable[[], float] = time.perf_counter,
) -> Completion:
    """Wait for the whole answer.

    `prefill_ms` runs until the first chunk, so it holds the reading of the prompt and the choice of
    the first tokens; `tokens_per_second` is the rate of the others, 0 if there are none. `clock`
    gives seconds.
    """
    start = clock()
    chunks: list[CompletionChunk] = []
    first = start
    for chunk in completer.complete(request):
        if not chunks:
            first = clock()
        chunks.append(chunk)
    end = clock()
    reason = chunks[-1].finish_reason if chunks else None
    assert reason is not None, "a completer's last chunk has a finish reason"
    tokens = tuple(token for chunk in chunks for token in chunk.token_ids)
    later = len(tokens) - len(chunks[0].token_ids)
    return Completion(
        text="".join(chunk.text for chunk in chunks),
        token_ids=tokens,
        logprobs=tuple(logprob for chunk in chunks for logprob in chunk.logprobs),
        finish_reason=reason,
        timings=Timings(
            prompt_tokens=chunks[0].prompt_tokens,
            prefill_ms=1000 * (first - start),
            generated_tokens=len(tokens),
            generate_ms=1000 * (end - first),
            tokens_per_second=later / (end - first) if later and end > first else 0.0,
        ),
    )


def _chunk(step: Step, prompt_tokens: int) -> CompletionChunk:
    return CompletionChunk(
        step.text, (step.token,), (step.logprob,), step.finish_reason, prompt_tokens
    )
