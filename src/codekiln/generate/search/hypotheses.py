"""What a search over several answers holds: the ones that are going on, and the finished ones."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from codekiln.generate.constraints.constraint import Constraint, Mask
from codekiln.generate.decoding import FinishReason
from codekiln.generate.extents import Everything, Extent
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.text_stream import TextStream
from codekiln.tokenizer import Tokenizer


@dataclass(frozen=True)
class Hypothesis:
    """An answer, finished or interrupted. `token_ids` has all of it, the end or the stop included.

    `logprob` is the natural log-probability of all these tokens, under the model's own distribution:
    without the control tokens that are never generated, before any constraint or strategy.
    """

    text: str
    token_ids: tuple[int, ...]
    logprob: float
    finish_reason: FinishReason


@dataclass(frozen=True)
class Partial:
    """An answer that is going on; `constraint`, if any, has been told of its tokens."""

    token_ids: tuple[int, ...]
    logprob: float
    constraint: Constraint | None

    def mask(self, generable: Mask) -> Mask:
        """`[vocab]` of the engine: what of `generable` may come next."""
        if self.constraint is None:
            return generable
        allowed = self.constraint.allowed()
        return generable & np.pad(allowed, (0, len(generable) - len(allowed)))

    def extended(self, token: int, logprob: float) -> "Partial":
        """One token longer; `logprob` is that of all tokens."""
        constraint = self.constraint.copy() if self.constraint else None
        if constraint:
            constraint.advance(token)
        return Partial((*self.token_ids, token), logprob, constraint)


@dataclass(frozen=True)
class Finish:
    """When an answer is over: after an end token, a stop string, its extent or `limit` tokens."""

    tokenizer: Tokenizer
    stop: tuple[str, ...]
    limit: int
    extent: Callable[[], Extent] = Everything

    def of(self, partial: Partial) -> Hypothesis | None:
        """The finished answer, without the end, the stop string and the constraint's overlap."""
        ended = partial.token_ids[-1] in self.tokenizer.ends
        last = ended or len(partial.token_ids) == self.limit
        if not (last or self.stop or self.extent is not Everything):
            return None
        text, stopped = self._text(partial, last)
        if not (last or stopped):
            return None
        reason: FinishReason = "stop" if stopped else "end" if ended else "length"
        return Hypothesis(text, partial.token_ids, partial.logprob, reason)

    def cut(self, partial: Partial, interrupt: Interrupt) -> Hypothesis:
        """An answer that was interrupted, as far as it got."""
        reason = interrupt.reason()
        assert reason
        text, _ = self._text(partial, True)
        return Hypothesis(text, partial.token_ids, partial.logprob, reason)

    def _text(self, partial: Partial, last: bool) -> tuple[str, bool]:
        """What is certain of it, and whether a stop string or the extent ended it."""
        data = b"".join(map(self.tokenizer.bytes_of, partial.token_ids))
        stream, extent = TextStream(self.stop), self.extent()
        overlap = partial.constraint.overlap if partial.constraint else 0
        text = stream.feed(data[overlap:], final=last)
        text = extent.feed(text, final=last or stream.stopped)
        return text, stream.stopped or extent.ended


def ranked(
    hypotheses: Iterable[Hypothesis], score: Callable[[Hypothesis], float]
) -> list[Hypothesis]:
    """The best-scored first, of equals the earlier one; of those with the same text only the best."""
    best: dict[str, Hypothesis] = {}
    for hypothesis in sorted(hypotheses, key=score, reverse=True):
        best.setdefault(hypothesis.text, hypothesis)
    return list(best.values())
