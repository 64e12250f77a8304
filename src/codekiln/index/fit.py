"""Weights of a mixture from lines that were held out: for the least loss, or for the most whole lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codekiln.index.match import Match
from codekiln.index.mix import EVIDENCE, EXPERTS, Logits, Mixture, Probabilities, voice

STEPS = 200  # at most; both fits stop when nothing is gained any more
GAIN = 1e-7  # nats a token, or lines of one, below which nothing is
RIDGE = 1e-4  # on squared weights, a token: keeps weights finite where an expert never matched
PULL = (
    1e-2  # on squared distance from the start, a line: there are few lines that the weights decide
)
SHARPNESS = 4.0  # of the smooth step that stands for "the true token is ahead of all others"

Rows = npt.NDArray[np.int64]


class Observation(NamedTuple):
    """One place whose token is known. A row of probabilities has the model's, then each expert's.

    `evidence [experts, len(EVIDENCE)]` is zero where an expert does not match; `truth [1 + experts]` are
    the true token's probabilities, `rivals [n, 1 + experts]` those of all others that might be ahead.
    """

    evidence: Probabilities
    matched: npt.NDArray[np.bool_]
    truth: Probabilities
    rivals: Probabilities


def observe(logits: Logits, matches: Sequence[Match], token: int) -> Observation:
    """Record what the model, of `logits [vocab]`, and the matches say where `token` is the truth."""
    top = float(logits.max())
    total = top + float(np.log(np.exp(logits - np.float32(top)).sum()))
    voices = [voice(match, logits, total, top) for match in matches]
    said = [heard.ids for heard in voices if heard is not None]
    ids = np.setdiff1d(np.concatenate([*said, np.zeros(0, np.int64)]), [token])
    others = logits.copy()
    others[ids] = others[token] = -np.inf
    ids = np.array([token, int(others.argmax()), *ids.tolist()])
    table = np.zeros((len(ids), 1 + len(matches)))
    table[:, 0] = np.exp(logits[ids].astype(np.float64) - total)
    evidence = np.zeros((len(matches), len(EVIDENCE)))
    for number, heard in enumerate(voices):
        if heard is not None:
            known = dict(zip(heard.ids.tolist(), heard.probabilities.tolist(), strict=True))
            table[:, 1 + number] = [known.get(token, 0.0) for token in ids.tolist()]
            evidence[number] = heard.evidence
    matched = np.array([heard is not None for heard in voices])
    return Observation(evidence, matched, table[0], _front(table[1:]))


def _front(rivals: Probabilities) -> Probabilities:
    """Without those that by no weights can be the strongest: another has as much of each expert."""
    rivals = np.unique(rivals, axis=0)
    outdone = (rivals[:, None] <= rivals[None]).all(axis=-1).sum(axis=1) > 1
    return np.asarray(rivals[~outdone])


@dataclass(frozen=True)
class Observations:
    """Places together: `[places, …]`; rival `r` is one of place `of[r]`, place `p` of line `line[p]`."""

    evidence: Probabilities
    matched: npt.NDArray[np.bool_]
    truth: Probabilities
    rivals: Probabilities
    of: Rows
    line: Rows

    @classmethod
    def of_lines(cls, lines: Sequence[Sequence[Observation]]) -> "Observations":
        """Put the places of some lines together."""
        places = [place for line in lines for place in line]
        return cls(
            np.stack([place.evidence for place in places]),
            np.stack([place.matched for place in places]),
            np.stack([place.truth for place in places]),
            np.concatenate([place.rivals for place in places]),
            np.repeat(np.arange(len(places)), [len(place.rivals) for place in places]),
            np.repeat(np.arange(len(lines)), [len(line) for line in lines]),
        )

    @classmethod
    def join(cls, parts: Sequence["Observations"]) -> "Observations":
        """All places of some observations, in this order."""
        before = np.cumsum([0, *(len(part) for part in parts)])
        lines = np.cumsum([0, *(int(part.line[-1]) + 1 for part in parts)])
        return cls(
            np.concatenate([part.evidence for part in parts]),
            np.concatenate([part.matched for part in parts]),
            np.concatenate([part.truth for part in parts]),
            np.concatenate([part.rivals for part in parts]),
            np.concatenate([part.of + n for part, n in zip(parts, before, strict=False)]),
            np.concatenate([part.line + n for part, n in zip(parts, lines, strict=False)]),
        )

    def __len__(self) -> int:
        return len(self.truth)

    def shares(self, weights: npt.ArrayLike) -> Probabilities:
        """How much of the mixture each expert has, `[places, 1 + experts]`."""
        gates = np.einsum("pef,ef->pe", self.evidence, np.asarray(weights))
        gates = np.where(self.matched, gates, -np.inf)
        gates = np.concatenate([np.zeros((len(self), 1)), gates], axis=1)
        parts = np.exp(gates - gates.max(axis=1, keepdims=True))
        return np.asarray(parts / parts.sum(axis=1, keepdims=True))

    def loss(self, weights: npt.ArrayLike) -> float:
        """Nats a token."""
        return float(-np.log((self.shares(weights) * self.truth).sum(axis=1)).mean())

    def loss_of_model(self) -> float:
        """Nats a token of the model alone."""
        return float(-np.log(self.truth[:, 0]).mean())


def fit_loss(seen: Observations) -> Mixture:
    """The weights of the least loss, by generalised expectation maximisation.

    Each step takes the experts' posteriors as soft labels and makes one Newton step of the multinomial
    logistic regression of them on the evidence (Jordan and Jacobs 1994, §4).
    """
    weights = np.zeros((len(EXPERTS), len(EVIDENCE)))
    loss = _penalised(seen, weights)
    for _ in range(STEPS):
        shares = seen.shares(weights)
        joint = shares * seen.truth
        posterior = joint / joint.sum(axis=1, keepdims=True)
        step = _newton(seen, shares, posterior, weights)
        size = 1.0
        while (new := _penalised(seen, weights + size * step)) > loss and size > GAIN:
            size /= 2
        if loss - new < GAIN:
            break
        weights, loss = weights + size * step, new
    return _mixture(weights)


def _penalised(seen: Observations, weights: Probabilities) -> float:
    return seen.loss(weights) + RIDGE * float((weights**2).sum())


def _newton(
    seen: Observations, shares: Probabilities, posterior: Probabilities, weights: Probabilities
) -> Probabilities:
    """The step to where `shares` would be as near to `posterior` as the evidence allows."""
    experts, width = weights.shape
    gradient = np.einsum("pe,pef->ef", (posterior - shares)[:, 1:], seen.evidence) / len(seen)
    gradient -= 2 * RIDGE * weights
    own = shares[:, 1:]
    spread = own[:, :, None] * np.eye(experts) - own[:, :, None] * own[:, None, :]
    curvature = np.einsum(
        "pab,paf,pbg->afbg", spread, seen.evidence, seen.evidence, optimize=True
    ).reshape(experts * width, -1) / len(seen)
    curvature += 2 * RIDGE * np.eye(len(curvature))
    return np.asarray(np.linalg.solve(curvature, gradient.ravel()).reshape(weights.shape))


def fit_lines(seen: Observations, start: Mixture) -> Mixture:
    """The weights by which most lines come out whole when the likeliest token is taken, from a `start`.

    A line is whole if at all its places the truth is ahead of its strongest rival. For the sake of the
    gradient a sigmoid of the lead stands for that, and a line counts as the product of its places.
    """
    origin = np.array(start.weights)
    weights, (value, gradient) = origin, _lines(seen, origin, origin)
    size = 1.0
    for _ in range(STEPS):
        norm = float(np.linalg.norm(gradient))
        while size > GAIN:
            new, slope = _lines(seen, weights + size * gradient / max(norm, GAIN), origin)
            if new > value + GAIN:
                break
            size /= 2
        else:
            break
        weights = weights + size * gradient / norm
        value, gradient, size = new, slope, 1.5 * size
    return _mixture(weights)


def _lines(
    seen: Observations, weights: Probabilities, origin: Probabilities
) -> tuple[float, Probabilities]:
    """The share of lines that are whole, smoothly and less the pull, and its gradient by the weights."""
    shares = seen.shares(weights)
    truth = shares * seen.truth
    rivals = shares[seen.of] * seen.rivals
    rivals = rivals[_strongest(rivals.sum(axis=1), seen.of)]
    ahead, behind = truth.sum(axis=1), rivals.sum(axis=1)
    lead = 1 / (1 + (behind / ahead) ** SHARPNESS)
    lines = np.exp(np.bincount(seen.line, np.log(np.maximum(lead, 1e-300))))
    steepness = lines[seen.line] * SHARPNESS * (1 - lead) / len(lines)
    pull = truth / ahead[:, None] - rivals / np.maximum(behind, 1e-300)[:, None]
    gradient = np.einsum("p,pe,pef->ef", steepness, pull[:, 1:], seen.evidence)
    away = weights - origin
    return float(lines.mean()) - PULL * float((away**2).sum()), gradient - 2 * PULL * away


def _strongest(strength: Probabilities, of: Rows) -> Rows:
    """The place in the list of each group's strongest, the first if there are more; groups lie together."""
    peaks = np.maximum.reduceat(strength, np.flatnonzero(np.diff(of, prepend=-1)))
    strongest = np.flatnonzero(strength == peaks[of])
    return np.asarray(strongest[np.flatnonzero(np.diff(of[strongest], prepend=-1))])


def _mixture(weights: Probabilities) -> Mixture:
    return Mixture(tuple(tuple(float(weight) for weight in row) for row in weights))
