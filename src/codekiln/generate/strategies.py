"""How the next token is chosen from logits: small frozen objects with one method each, numpy only.

Processors reshape logits `[vocab]`, with a removed id at -inf; choosers take one id. Nothing here
knows an engine, text or special tokens: the loop that uses them is in `decoding`.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from codekiln.errors import UsageError
from codekiln.generate.engine import Ids, Logits


class Processor(Protocol):
    """Logits in, logits out; the best id always stays and the input is left as it was."""

    def __call__(self, logits: Logits, seen: Ids) -> Logits:
        """New logits `[vocab]`; `seen[n]` are the ids so far, repeats included."""


class Chooser(Protocol):
    """One id from logits."""

    def choose(self, logits: Logits, rng: np.random.Generator) -> int:
        """An id whose logit is not -inf."""


@dataclass(frozen=True)
class RepetitionPenalty:
    """Ids seen before become less likely: a positive logit is divided, a negative one multiplied.

    The penalty of CTRL (Keskar et al. 2019, §4.1), in the form that leaves no seen id better off
    when its logit is negative.
    """

    penalty: float

    def __post_init__(self) -> None:
        """Raises UsageError: the penalty is out of bounds, which keep logits from overflowing."""
        holds = 0.01 <= self.penalty <= 100
        _require(holds, "repetition_penalty", "≥ 0.01 and ≤ 100", self.penalty)

    def __call__(self, logits: Logits, seen: Ids) -> Logits:
        """Penalise each seen id once, however often it was seen."""
        out = logits.copy()
        known = logits[seen]
        out[seen] = np.where(known > 0, known / self.penalty, known * self.penalty)
        return out


@dataclass(frozen=True)
class Temperature:
    """Divide logits by `t`: below 1 the distribution sharpens, above it flattens.

    At 0, its limit, the first best id is left alone.
    """

    t: float

    def __post_init__(self) -> None:
        """Raises UsageError: the temperature is below 0 or not finite."""
        _require(0 <= self.t < math.inf, "temperature", "≥ 0 and finite", self.t)

    def __call__(self, logits: Logits, seen: Ids) -> Logits:  # noqa: ARG002
        """Logits with the best at 0, so that no `t` however small overflows upwards."""
        if self.t == 0:
            best = np.argmax(logits)
            only: Logits = np.full_like(logits, -np.inf)
            only[best] = logits[best]
            return only
        with np.errstate(over="ignore"):
            scaled: npt.NDArray[np.float64] = (logits - logits.max()) / np.float64(self.t)
            return scaled.astype(np.float32)


@dataclass(frozen=True)
class TopK:
    """Keep the `k` best ids, and those that tie with the last of them."""

    k: int

    def __post_init__(self) -> None:
        """Raises UsageError: k is below 1."""
        _require(self.k >= 1, "top_k", "≥ 1", self.k)

    def __call__(self, logits: Logits, seen: Ids) -> Logits:  # noqa: ARG002
        """All logits if there are no more than `k`."""
        if self.k >= len(logits):
            return logits
        return _keep(logits, logits >= np.partition(logits, -self.k)[-self.k])


@dataclass(frozen=True)
class TopP:
    """Keep the nucleus: the smallest set of best ids whose probabilities reach `p`.

    Holtzman et al. 2020, §3.1. Of ids that tie at its border, the lower ones belong to it.
    """

    p: float

    def __post_init__(self) -> None:
        """Raises UsageError: p is not in (0, 1]."""
        _require(0 < self.p <= 1, "top_p", "> 0 and ≤ 1", self.p)

    def __call__(self, logits: Logits, seen: Ids) -> Logits:  # noqa: ARG002
        """All logits if `p` is 1."""
        if self.p == 1:
            return logits
        probabilities = softmax(logits)
        # Ids below this share sum to less than 1 - p, so the nucleus is whole without them; what is
        # left to sort is a few hundred ids instead of a vocabulary.
        share = (1 - self.p) / len(logits)
        candidates = np.flatnonzero(probabilities >= min(share, probabilities.max()))
        order = candidates[np.argsort(-logits[candidates], kind="stable")]
        size = int(np.searchsorted(np.cumsum(probabilities[order]), self.p)) + 1
        kept = np.zeros(len(logits), dtype=np.bool_)
        kept[order[:size]] = True
        return _keep(logits, kept)


@dataclass(frozen=True)
class MinP:
    """Keep ids with at least `p` times the probability of the best one (Nguyen et al. 2024, §3)."""

    p: float

    def __post_init__(self) -> None:
        """Raises UsageError: p is not in [0, 1]."""
        _require(0 <= self.p <= 1, "min_p", "≥ 0 and ≤ 1", self.p)

    def __call__(self, logits: Logits, seen: Ids) -> Logits:  # noqa: ARG002
        """All logits if `p` is 0."""
        relative = np.exp(logits.astype(np.float64) - logits.max())
        return _keep(logits, relative >= self.p)


@dataclass(frozen=True)
class Greedy:
    """The generated token is argmax over w of p(w | context); of equals, the lowest id.

    The sequence chosen by decoding thereby approximates argmax of the product ∏ p(w_t | w_<t).
    It need not reach it: with p(a) = 0.6, p(b) = 0.4, p(c | a) = 0.5 and p(c | b) = 0.9, greedy
    decoding takes a first and gets 0.6 · 0.5 = 0.30, while "bc" has 0.4 · 0.9 = 0.36.

    >>> rng = np.random.default_rng(0)
    >>> Greedy().choose(np.log(np.array([0.2, 0.5, 0.3], dtype=np.float32)), rng)
    1
    """

    def choose(self, logits: Logits, rng: np.random.Generator) -> int:  # noqa: ARG002
        """The id of the highest logit."""
        return int(np.argmax(logits))


@dataclass(frozen=True)
class Sample:
    """An id drawn with its probability, through the inverse of the cumulative distribution."""

    def choose(self, logits: Logits, rng: np.random.Generator) -> int:
        """One uniform number is drawn a token, whatever the vocabulary."""
        cumulative = np.cumsum(softmax(logits))
        # Divided by its own last value it ends in exactly 1, which no uniform number reaches.
        return int(np.searchsorted(cumulative / cumulative[-1], rng.random(), side="right"))


@dataclass(frozen=True)
class Sampling:
    """Settings of the choice; None leaves a step out and temperature 0 is greedy."""

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None


@dataclass(frozen=True)
class Strategy:
    """Processors in order, then a chooser."""

    processors: tuple[Processor, ...]
    chooser: Chooser

    def choose(self, logits: Logits, seen: Ids, rng: np.random.Generator) -> int:
        """One id from logits `[vocab]`, after the ids `seen[n]`."""
        for process in self.processors:
            logits = process(logits, seen)
        return self.chooser.choose(logits, rng)


def strategy_of(sampling: Sampling) -> Strategy:
    """Penalty, temperature, top-k, top-p, min-p, in the order that vLLM and transformers have.

    Raises:
        UsageError: a setting is out of its bounds.
    """
    processors: list[Processor] = []
    if sampling.repetition_penalty is not None:
        processors.append(RepetitionPenalty(sampling.repetition_penalty))
    processors.append(Temperature(sampling.temperature))
    if sampling.top_k is not None:
        processors.append(TopK(sampling.top_k))
    if sampling.top_p is not None:
        processors.append(TopP(sampling.top_p))
    if sampling.min_p is not None:
        processors.append(MinP(sampling.min_p))
    return Strategy(tuple(processors), Greedy() if sampling.temperature == 0 else Sample())


def log_softmax(logits: Logits) -> npt.NDArray[np.float64]:
    """Natural log-probabilities in float64, shifted by the best logit so that nothing overflows."""
    shifted = logits.astype(np.float64) - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def softmax(logits: Logits) -> npt.NDArray[np.float64]:
    """Probabilities in float64."""
    return np.asarray(np.exp(log_softmax(logits)))


def _keep(logits: Logits, kept: npt.NDArray[np.bool_]) -> Logits:
    return np.where(kept, logits, np.float32(-np.inf))


def _require(holds: bool, name: str, bound: str, value: float) -> None:
    if not holds:
        raise UsageError(f"{name} is {value}, but must be {bound}.")
