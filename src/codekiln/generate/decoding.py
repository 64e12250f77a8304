"""The decoding loop: prompt in, tokens and text out, one step of an engine a token.

What chooses a token is in `strategies`; what a prompt looks like is in `tasks`. Here are the ends
of a generation, the special tokens that are never generated, and the text that is certain already.
"""

import codecs
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from codekiln.errors import ModelError, UsageError
from codekiln.generate.engine import Engine, Ids, Logits
from codekiln.generate.strategies import Strategy, log_softmax
from codekiln.tokenizer import Tokenizer

FinishReason = Literal["end", "stop", "length"]


@dataclass(frozen=True)
class Step:
    """One generated token.

    `text` is what became certain with it, perhaps nothing. `logprob` is natural, under the model's
    own distribution: after the control tokens are masked, before any strategy. `finish_reason` is
    None but in the last step: "end" (the end token), "stop" (a stop string) or "length"
    (`max_tokens`, or the engine's context is full).
    """

    text: str
    token: int
    logprob: float
    finish_reason: FinishReason | None


class TextStream:
    """Bytes in, text out, as soon as it can no longer be part of a stop string or of a character.

    Invalid bytes become U+FFFD. Of several stop strings the first to be complete counts, so the
    result does not depend on where tokens begin and end.
    """

    def __init__(self, stop: tuple[str, ...]) -> None:
        """End before the first of these strings, none of them empty."""
        self.stopped = False
        self._stop = stop
        self._held = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def feed(self, data: bytes, final: bool = False) -> str:
        """The text that became certain; with `final`, all that was held back.

        Once `stopped`, the text up to the stop string has been returned and no more may be fed.
        """
        text = self._held + self._decoder.decode(data, final)
        found = [(text.find(stop) + len(stop), -len(stop)) for stop in self._stop if stop in text]
        if found:
            end, length = min(found)
            self.stopped = True
            return text[: end + length]
        certain = len(text) if final else len(text) - self._unsure(text)
        self._held = text[certain:]
        return text[:certain]

    def _unsure(self, text: str) -> int:
        """Length of the longest end of `text` with which a stop string begins."""
        longest = max(map(len, self._stop), default=1) - 1
        return next(
            (n for n in range(min(longest, len(text)), 0, -1) if self._begins_a_stop(text[-n:])), 0
        )

    def _begins_a_stop(self, end: str) -> bool:
        return any(stop.startswith(end) for stop in self._stop)


def generate(
    engine: Engine,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    strategy: Strategy,
    max_tokens: int,
    stop: tuple[str, ...] = (),
    seed: int = 0,
    on_logits: Callable[[Logits], None] | None = None,
) -> Iterator[Step]:
    """Read the prompt, then yield a step a token; nothing is computed before the first is wanted.

    Special tokens other than the end token are never generated. `strategy` sees as earlier ids
    those of the prompt and of the generation that stand for text. `on_logits` is shown the masked
    logits `[vocab]` before each choice. An engine serves one generation at a time, to its end.

    Raises:
        UsageError: at once, if the prompt is empty or leaves no room in the context, a stop string
            is empty, `max_tokens` is below 1 or `seed` below 0.
        ModelError: the engine has fewer ids than the tokenizer, or its logits are no numbers.
    """
    if max_tokens < 1:
        raise UsageError(f"max_tokens is {max_tokens}, but must be ≥ 1.")
    if seed < 0:
        raise UsageError(f"seed is {seed}, but must be ≥ 0.")
    if "" in stop:
        raise UsageError("A stop string is empty: leave it out.")
    _check_fit(engine, tokenizer, len(prompt))
    limit = min(max_tokens, engine.context - len(prompt))
    rng = np.random.default_rng(seed)
    chosen = _tokens(
        engine, tokenizer, np.asarray(prompt, dtype=np.int64), strategy, rng, on_logits
    )
    return _steps(tokenizer, chosen, limit, TextStream(stop))


def _check_fit(engine: Engine, tokenizer: Tokenizer, prompt_tokens: int) -> None:
    if not 0 < prompt_tokens < engine.context:
        raise UsageError(
            f"The prompt has {prompt_tokens} tokens, but must have 1 to {engine.context - 1}: "
            "the context also holds what is generated."
        )
    if engine.vocabulary < tokenizer.vocabulary_size:
        raise ModelError(
            f"The model has {engine.vocabulary} ids and the tokenizer {tokenizer.vocabulary_size}: "
            "use the tokenizer that lies beside the model."
        )


def _steps(
    tokenizer: Tokenizer, chosen: Iterator[tuple[int, float]], limit: int, stream: TextStream
) -> Iterator[Step]:
    """Add the text to at most `limit` tokens, and end where one of the reasons says so."""
    for count, (token, logprob) in enumerate(chosen, start=1):
        ended = token in tokenizer.ends
        last = ended or count == limit
        text = stream.feed(tokenizer.bytes_of(token), final=last)
        reason: FinishReason | None = None
        if stream.stopped:
            reason = "stop"
        elif last:
            reason = "end" if ended else "length"
        yield Step(text, token, logprob, reason)
        if reason:
            return


def _tokens(
    engine: Engine,
    tokenizer: Tokenizer,
    prompt: Ids,
    strategy: Strategy,
    rng: np.random.Generator,
    on_logits: Callable[[Logits], None] | None,
) -> Iterator[tuple[int, float]]:
    """Tokens and log-probabilities without end; an engine step is taken only for the next one."""
    text = list(tokenizer.text_ids)
    # Of control, only what ends an answer may be generated.
    allowed = np.isin(np.arange(engine.vocabulary), [*text, *tokenizer.ends])
    # Documents open with the end token: a penalty on it would keep every generation from ending.
    seen = prompt[np.isin(prompt, text)]
    logits = engine.prefill(prompt[np.newaxis])[0]
    while True:
        logits = np.where(allowed, logits, np.float32(-np.inf))
        if not np.isfinite(logits.max()):
            raise ModelError("The model gives logits that are no numbers: train or load it anew.")
        if on_logits is not None:
            on_logits(logits)
        token = strategy.choose(logits, seen, rng)
        yield token, float(log_softmax(logits)[token])
        seen = np.append(seen, token)
        logits = engine.step(np.array([[token]], dtype=np.int64))[0, -1]
