"""The decoding loop: prompt in, tokens and text out; one step of an engine brings one token or several.

What chooses a token is in `strategies`, what a prompt looks like in `tasks`, how far an answer goes by its
text in `extents`. Here are the ends of a generation and the special tokens that are never generated.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from codekiln.errors import ModelError
from codekiln.generate.bounds import generable, random_generator, token_limit
from codekiln.generate.constraints.constraint import Constraint
from codekiln.generate.engine import Engine, Ids, Logits
from codekiln.generate.extents import Everything, Extent
from codekiln.generate.interrupt import Interrupt, Interrupted, Interruption
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.speculation import Draft, Source, Speculation
from codekiln.generate.strategies import Strategy
from codekiln.generate.text_stream import TextStream
from codekiln.generate.witness import Choice, Witness
from codekiln.tokenizer import Tokenizer

FinishReason = Literal["end", "stop", "length"] | Interruption
DRAFTED_BEHIND = 32  # ids still to be read, at most, for a draft to be read with them


@dataclass(frozen=True)
class Step:
    """One generated token.

    `text` is what became certain with it, perhaps nothing. `logprob` is natural, under the distribution
    that was chosen from: after masks and mixing, before any strategy. `finish_reason` is None but in the
    last step: "end" (the end token), "stop" (a stop string, or the extent is complete), "length"
    (`max_tokens`, or the context is full), "deadline" or "cancelled"; with the last two comes no token.
    """

    text: str
    token: int | None
    logprob: float
    finish_reason: FinishReason | None


class Mixer(Protocol):
    """Something that knows more than the model, such as an index of the repository."""

    def __call__(self, logits: Logits, context: Sequence[int]) -> Logits:
        """New logits `[vocab]` for what follows `context`; what is at -inf stays there."""


@dataclass(frozen=True)
class Guides:
    """What bends, hastens or watches a generation besides its strategy; nothing by default."""

    mixer: Mixer | None = None
    constraint: Constraint | None = None
    sources: tuple[Source, ...] = ()
    speculation: Speculation = field(default_factory=Speculation)
    extent: Extent = field(default_factory=Everything)
    interrupt: Interrupt = field(default_factory=Interrupt)
    witness: Witness | None = None


def generate(
    engine: Engine,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    strategy: Strategy,
    max_tokens: int,
    stop: tuple[str, ...] = (),
    seed: int = 0,
) -> Iterator[Step]:
    """`decode` on an engine that keeps nothing for the next prompt, without guides."""
    slot = Slot(engine)
    if prompt:
        slot.prime(list(prompt))
    return decode(
        slot,
        tokenizer,
        prompt,
        strategy=strategy,
        max_tokens=max_tokens,
        stop=stop,
        seed=seed,
        guides=Guides(),
    )


def decode(
    slot: Slot,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    strategy: Strategy,
    max_tokens: int,
    stop: tuple[str, ...] = (),
    seed: int = 0,
    guides: Guides,
) -> Iterator[Step]:
    """Yield a step a token; nothing is computed before the first is wanted.

    The slot is primed with the prompt. Special tokens other than the end tokens are never generated.
    `strategy` sees as earlier ids those of prompt and answer that stand for text. An engine serves one
    generation at a time, to its end.

    Raises:
        UsageError: at once, if the prompt is empty or leaves no room in the context, a stop string
            is empty, `max_tokens` is below 1 or `seed` below 0.
        ModelError: the engine has fewer ids than the tokenizer, or its logits are no numbers.
    """
    limit = token_limit(slot.engine, tokenizer, prompt, max_tokens, stop)
    rng = random_generator(seed)
    chooser = _Chooser(slot.engine, tokenizer, prompt, strategy, rng, guides)
    chosen = _tokens(slot, list(prompt), chooser, guides, len(prompt) + limit)
    return _steps(tokenizer, chosen, limit, TextStream(stop), guides)


def _steps(
    tokenizer: Tokenizer,
    chosen: Iterator[tuple[int, float] | Interruption],
    limit: int,
    stream: TextStream,
    guides: Guides,
) -> Iterator[Step]:
    """Add the text to at most `limit` tokens, and end where one of the reasons says so."""
    extent = guides.extent
    swallowed = guides.constraint.overlap if guides.constraint else 0
    for count, event in enumerate(chosen, start=1):
        if isinstance(event, str):
            yield Step(extent.feed(stream.feed(b"", final=True), final=True), None, 0.0, event)
            return
        token, logprob = event
        ended = token in tokenizer.ends
        last = ended or count == limit
        data = tokenizer.bytes_of(token)
        text = stream.feed(data[swallowed:], final=last)
        swallowed = max(swallowed - len(data), 0)
        text = extent.feed(text, final=last or stream.stopped)
        reason: FinishReason | None = None
        if stream.stopped or extent.ended:
            reason = "stop"
        elif last:
            reason = "end" if ended else "length"
        yield Step(text, token, logprob, reason)
        if reason:
            return


def _tokens(
    slot: Slot, context: list[int], chooser: "_Chooser", guides: Guides, full: int
) -> Iterator[tuple[int, float] | Interruption]:
    """Tokens and log-probabilities without end, or why there are no more.

    A step is taken only for the next token, and never reads beyond `full` ids. Where a draft holds, the
    logits of the next tokens are there already.
    """
    speculation, interrupt = guides.speculation, guides.interrupt
    while True:
        reason = interrupt.reason()
        if reason:
            yield reason
            return
        draft, length = _draft(guides, context, len(slot.pending), full)
        pending, begun = len(slot.pending), time.perf_counter()
        try:
            rows = slot.read(draft.ids[:length] if draft else (), interrupt.go_on())
        except Interrupted:
            continue  # for a reason
        if guides.witness:
            guides.witness.read(pending + length)
        if pending <= DRAFTED_BEHIND:
            speculation.costs.note(pending + length, 1000 * (time.perf_counter() - begun))
        chosen: list[int] = []
        try:
            for row in rows:
                token, logprob = chooser.choose(row, context)
                context.append(token)
                chosen.append(token)
                yield token, logprob
                if draft is None or len(chosen) > length or token != draft.ids[len(chosen) - 1]:
                    break
        finally:  # an answer may be over in the middle of a draft
            if draft:
                speculation.learn(draft, chosen)
        slot.rewind(length - (len(chosen) - 1))
        slot.pending = chosen[-1:]


def _draft(guides: Guides, context: list[int], pending: int, full: int) -> tuple[Draft | None, int]:
    if not guides.sources or pending > DRAFTED_BEHIND:
        return None, 0
    draft, length = guides.speculation.draft(guides.sources, context, pending)
    return draft, min(length, full - len(context) - 1)


class _Chooser:
    """One token from one row of logits: masked, mixed, masked again by the guides, then the strategy's."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Tokenizer,
        prompt: Sequence[int],
        strategy: Strategy,
        rng: np.random.Generator,
        guides: Guides,
    ) -> None:
        self._never = np.flatnonzero(~generable(engine, tokenizer))
        # Documents open with the end token: a penalty on it would keep every generation from ending.
        text = tokenizer.text_ids
        self._seen: Ids = np.array([token for token in prompt if token in text], dtype=np.int64)
        self._strategy, self._guides = strategy, guides
        self._rng = rng

    def choose(self, logits: Logits, context: Sequence[int]) -> tuple[int, float]:
        """The token and its log-probability."""
        logits = logits.copy()
        logits[self._never] = -np.inf
        if not np.isfinite(logits.max()):
            raise ModelError("The model gives logits that are no numbers: train or load it anew.")
        guides, model = self._guides, logits
        if guides.mixer:
            logits = guides.mixer(logits, context)
        mixed, constraint = logits, guides.constraint
        if constraint:
            logits = logits.copy() if guides.witness else logits
            allowed = constraint.allowed()
            logits[: len(allowed)][~allowed] = -np.inf
        token = self._strategy.choose(logits, self._seen, self._rng)
        if guides.witness:
            guides.witness.chosen(Choice(model, mixed, logits, token))
        if constraint:
            constraint.advance(token)
        self._seen = np.append(self._seen, token)
        return token, _log_probability(logits, token)


def _log_probability(logits: Logits, token: int) -> float:
    """Of one id; the sum is in fp64, its terms in fp32, since this is done at every token."""
    best = logits.max()
    total = np.exp(logits - best).sum(dtype=np.float64)
    return float(logits[token] - best) - float(np.log(total))
