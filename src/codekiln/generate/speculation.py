"""Drafts: tokens that are likely to come, checked by the engine several in one step.

A draft never changes an answer: each token is chosen from the engine's logits as without drafts, and the
draft only decides how many of those logits one step brings (Leviathan et al. 2023, §2, for drafts that are
certain of themselves; choosing and then comparing keeps the distribution of a sample by construction).
How long drafts are follows from what has been measured: how often drafted tokens were right, and what a
step of so many tokens takes.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a machine that only trains has no libraries of an index
    from codekiln.index import Matcher

LONGEST = 8  # tokens of a draft from a match
LONGEST_ANSWER = 24  # of one from an earlier answer, which mostly holds to its end
_MEMORY = 48  # drafted tokens over which a hit rate is taken
_SLOPE = 0.1  # of a step's time for each further token, until it has been measured


@dataclass(frozen=True)
class Draft:
    """Tokens proposed, and the kind of evidence behind them: drafts of one kind share a hit rate."""

    ids: tuple[int, ...]
    kind: tuple[str, int]


class Source(Protocol):
    """Where drafts come from."""

    def propose(self, context: Sequence[int]) -> Draft | None:
        """What is likely to follow the context; None if nothing is known."""


@dataclass(frozen=True)
class FromMatches:
    """Drafts from an index or the open file: how the longest match went on."""

    name: str
    matcher: "Matcher"

    def propose(self, context: Sequence[int]) -> Draft | None:
        """Kinds are told apart by the length of the match, in powers of two."""
        length = self.matcher.match(context).length
        if not length:
            return None
        ids = self.matcher.draft(context, LONGEST)
        return Draft(tuple(ids), (self.name, length.bit_length())) if ids else None


class FromAnswer:
    """Drafts from an earlier answer that reached beyond the cursor: typing on, one mostly gets the rest.

    `answer` is expected to follow the first `start` ids. A token that differs is taken for one that
    replaces the expected one; after two in a row nothing more is proposed.
    """

    def __init__(self, answer: Sequence[int], start: int) -> None:
        self._answer, self._start = tuple(answer), start

    def propose(self, context: Sequence[int]) -> Draft | None:
        """The rest of the answer, as long as what came so far agrees with it."""
        done = len(context) - self._start
        came, expected = tuple(context[-2:]), self._answer[max(done - 2, 0) : done]
        if len(expected) == 2 and came[0] != expected[0] and came[1] != expected[1]:
            return None
        surprised = int(bool(expected) and came[-1] != expected[-1])
        ids = self._answer[done : done + LONGEST_ANSWER]
        return Draft(ids, ("answer", surprised)) if ids else None


class FromAnswers:
    """Drafts from what earlier answers said behind the last ids: an answer often ends as an old one did."""

    def __init__(self, answers: Sequence[Sequence[int]]) -> None:
        """The ids of the answers, the latest first."""
        self._answers = answers

    def propose(self, context: Sequence[int]) -> Draft | None:
        """Behind as many of the last ids as stand in an answer, four at most."""
        for length in range(4, 0, -1):
            tail = list(context[-length:])
            for answer in self._answers:
                for end in range(length, len(answer)):
                    if answer[end - 1] == tail[-1] and answer[end - length : end] == tail:
                        return Draft(tuple(answer[end : end + LONGEST_ANSWER]), ("answers", length))
        return None


@dataclass
class StepCosts:
    """What a step of n tokens takes, in milliseconds: the median of the latest ones of each size.

    Sizes are counted in strides of the engine, within which it takes the same time for any number.
    """

    stride: int = 1
    _seen: dict[int, deque[float]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=9))
    )

    def note(self, tokens: int, milliseconds: float) -> None:
        """Remember one step."""
        self._seen[self._size(tokens)].append(milliseconds)

    def of(self, tokens: int) -> float:
        """Measured, or a straight line from the nearest size that was; 1 for the smallest at first."""
        size = self._size(tokens)
        if size in self._seen:
            return median(self._seen[size])
        if not self._seen:
            return self._line(size)
        nearest = min(self._seen, key=lambda seen: abs(seen - size))
        return median(self._seen[nearest]) * self._line(size) / self._line(nearest)

    def _size(self, tokens: int) -> int:
        return -(-tokens // self.stride)

    def _line(self, size: int) -> float:
        return 1 + _SLOPE * self.stride * (size - 1)


@dataclass
class HitRates:
    """How often a drafted token of each kind was the one chosen, given that those before it were."""

    _seen: dict[tuple[str, int], deque[bool]] = field(
        default_factory=lambda: defaultdict(lambda: deque([True, True, False], maxlen=_MEMORY))
    )

    def note(self, kind: tuple[str, int], hits: int, missed: bool) -> None:
        """`hits` drafted tokens were right, and then one was wrong if `missed`."""
        self._seen[kind].extend([True] * hits + [False] * missed)

    def of(self, kind: tuple[str, int]) -> float:
        """A share; two thirds before anything is known."""
        return sum(self._seen[kind]) / len(self._seen[kind])


class Speculation:
    """Chooses whose draft to check, and how much of it; learns from what was right.

    One of these goes with one engine, over all its answers.
    """

    def __init__(self, stride: int = 1) -> None:
        """`stride` is that of the engine."""
        self.costs, self.rates = StepCosts(stride), HitRates()

    def draft(
        self, sources: Sequence[Source], context: Sequence[int], pending: int
    ) -> tuple[Draft | None, int]:
        """The draft most likely to hold, and how many of its ids to read behind `pending` others.

        None of them where that would be slower than to go on token by token.
        """
        proposed = [draft for source in sources if (draft := source.propose(context))]
        if not proposed:
            return None, 0
        best = max(proposed, key=lambda draft: self.rates.of(draft.kind))
        return best, self._length(best, pending)

    def learn(self, draft: Draft, chosen: Sequence[int]) -> None:
        """Compare a draft with the ids that were chosen in its place, whether or not it was read."""
        hits = 0
        for drafted, token in zip(draft.ids, chosen, strict=False):
            if drafted != token:
                return self.rates.note(draft.kind, hits, missed=True)
            hits += 1
        return self.rates.note(draft.kind, hits, missed=False)

    def _length(self, draft: Draft, pending: int) -> int:
        """The length with the most tokens a millisecond: 1 + r + r² + … of them in one step."""
        rate, expected = self.rates.of(draft.kind), 1.0
        best, fastest = 0, 1 / self.costs.of(pending)
        for length in range(1, len(draft.ids) + 1):
            expected += rate**length
            speed = expected / self.costs.of(pending + length)
            if speed > fastest:
                best, fastest = length, speed
        return best
