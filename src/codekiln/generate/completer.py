"""The one call that command line, servers and apps make: a request in, chunks of text out.

`engine_completer` answers with a model of ours. A server with somebody else's model gives no logits
and implements `Completer` on its own, in `servers`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from codekiln.errors import UsageError
from codekiln.generate.decoding import FinishReason
from codekiln.generate.extents import Block, Everything, Extent, Hurried, Lines
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.strategies import Sampling
from codekiln.generate.witness import Witness
from codekiln.inputs.formats import Header

if TYPE_CHECKING:  # a machine that only trains has no templates
    from codekiln.tasks.chat import Message

# Settings of a request that say nothing about a chat.
FOR_TEXT = ("prefix", "suffix", "context", "lines", "block", "beams", "best_of", "line_deadline_ms")


@dataclass(frozen=True)
class CompletionRequest:
    """What to complete, and how. An empty field of the file's description is simply not known.

    `context` is whole lines from other files, as `tasks.context` gathers them.
    `max_prompt_tokens` bounds the time until the first token; None is what the model's context allows.
    `lines` ends the answer with so many lines, `block` with the block that the cursor stands in; with
    neither it is as long as the model makes it, within `max_tokens`. `beams` searches so wide for the
    likeliest answer as a whole, `best_of` samples so many: either takes the best that parses.
    With `json_schema`, the text of a schema, the answer is JSON that it allows. After `deadline_ms`,
    counted from the call, the answer is what there is by then; after `line_deadline_ms` it ends with the
    line it has come to, and sooner where others wait for the same model. Setting `cancelled`, from any
    thread, ends it at the next step. `adapter` is the name of the one to answer with; without one the base
    answers. With `messages` it is a chat, whose next turn is the answer: then there is no text around a
    cursor.
    `witness` is told how the answer comes about.
    """

    prefix: str = ""
    suffix: str = ""
    path: str = ""
    language: str = ""
    repository: str = ""
    domains: tuple[str, ...] = ()
    context: str = ""
    max_tokens: int = 64
    max_prompt_tokens: int | None = None
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    stop: tuple[str, ...] = ()
    seed: int = 0
    lines: int | None = None
    block: bool = False
    beams: int | None = None
    best_of: int | None = None
    json_schema: str | None = None
    deadline_ms: float | None = None
    line_deadline_ms: float | None = None
    adapter: str = ""
    messages: "tuple[Message, ...]" = ()
    cancelled: threading.Event | None = field(default=None, compare=False, repr=False)
    witness: Witness | None = field(default=None, compare=False, repr=False)

    def extent(self) -> Extent:
        """How far the answer goes by its text.

        Raises:
            UsageError: `lines` is below 1, or `block` is wanted as well.
        """
        if self.lines is not None and self.block:
            raise UsageError(
                "An answer ends with its lines or with the block: leave one of them out."
            )
        extent: Extent = Block(self.prefix) if self.block else Everything()
        if self.lines is not None:
            extent = Lines(self.lines)
        if self.line_deadline_ms is None:
            return extent
        until = time.monotonic() + self.line_deadline_ms / 1000
        return Hurried(extent, lambda: time.monotonic() >= until)

    @property
    def is_chat(self) -> bool:
        """Whether it is a chat that goes on, and no text.

        Raises:
            UsageError: it is both, or is to be searched for or cut as a text is.
        """
        if not self.messages:
            return False
        for name in FOR_TEXT:
            if getattr(self, name) not in ("", None, False):
                raise UsageError(f"A chat is its messages alone: leave {name} out.")
        return True

    @property
    def is_search(self) -> bool:
        """Whether several answers are made, to choose from.

        Raises:
            UsageError: the settings contradict each other.
        """
        if self.beams is None and self.best_of is None:
            return False
        if self.beams is not None and self.best_of is not None:
            raise UsageError(
                "beams and best_of are two ways to several answers: leave one of them out."
            )
        if self.line_deadline_ms is not None:
            raise UsageError("A search knows no line it has come to: give it deadline_ms instead.")
        if self.beams is not None and self.temperature != 0:
            raise UsageError("beams search for the likeliest answer: leave the temperature at 0.")
        if self.best_of is not None and self.temperature == 0:
            raise UsageError(
                "best_of samples, and at temperature 0 all samples are equal: raise it."
            )
        return True

    def interrupt(self) -> Interrupt:
        """When to give up, as seen from now.

        Raises:
            UsageError: the deadline is below 1 ms.
        """
        if self.deadline_ms is None:
            return Interrupt(None, self.cancelled)
        if not self.deadline_ms >= 1:
            raise UsageError(f"deadline_ms is {self.deadline_ms}, but must be ≥ 1.")
        return Interrupt(time.monotonic() + self.deadline_ms / 1000, self.cancelled)

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

    `prompt_tokens` is that of the answer's prompt, in the last chunk at the latest. The text of a token
    may come only in a later chunk, and the end token has none. `answer_tokens`, in the last chunk, is how
    many a server says its answer took, which need not tell their ids.
    """

    text: str
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: FinishReason | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def spent(self, before: int) -> int:
        """How many tokens an answer took that had taken so many before this chunk.

        A text is one, of a server that tells neither ids nor log-probabilities, until it tells how many.
        """
        new = len(self.token_ids) or len(self.logprobs) or bool(self.text)
        return self.answer_tokens or before + new


class Completer(Protocol):
    """Anything that completes."""

    def complete(self, request: CompletionRequest) -> Iterator[CompletionChunk]:
        """Chunks, of which the last and only the last has a finish reason.

        Raises:
            UsageError: at once, if the request is out of bounds.
        """


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
    first, spent = start, 0
    for chunk in completer.complete(request):
        if not chunks:
            first = clock()
        chunks.append(chunk)
        spent = chunk.spent(spent)
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
            prompt_tokens=chunks[-1].prompt_tokens,
            prefill_ms=1000 * (first - start),
            generated_tokens=spent,
            generate_ms=1000 * (end - first),
            tokens_per_second=later / (end - first) if later and end > first else 0.0,
        ),
    )
