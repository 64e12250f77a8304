"""A model's distribution mixed with what an index and the open file say of the same context.

The experts are the model and one for each match, and a softmax over evidence known before the token
decides how far each is trusted (Jacobs et al. 1991, mixtures of experts). An infini-gram model (Liu et al.
2024) has counts of the longest match as its distribution; here they are tempered by the model, because
few counts rank poorly. How the weights are fitted is in `fit.py`.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from codekiln.errors import UsageError
from codekiln.index.match import Match, TokenArray

EXPERTS = ("repository", "file")
EVIDENCE = ("bias", "length", "count", "top share", "mass", "length × mass", "model's top")
FLOOR = 1e-6  # of a probability whose logarithm is evidence

Objective = Literal["loss", "lines"]
Logits = npt.NDArray[np.float32]
Probabilities = npt.NDArray[np.float64]


class Voice(NamedTuple):
    """What one match says: distinct `ids`, their `probabilities`, and `evidence [len(EVIDENCE)]` of it."""

    ids: TokenArray
    probabilities: Probabilities
    evidence: Probabilities


def voice(match: Match, logits: Logits, total: float, top: float) -> Voice | None:
    """The geometric mean of a match's shares and the model's probabilities, among its followers.

    `total` is the logarithm of the sum of all `exp(logits)`, `top` the largest of them. None where
    nothing matched, or the caller has masked all that followed.
    """
    model = np.exp(logits[match.followers].astype(np.float64) - total)
    mass = float(model.sum())
    if not mass:
        return None
    shares = match.counts / match.counts.sum()
    mean = np.sqrt(shares * model)
    length, expected = math.log(match.length), math.log(max(mass, FLOOR))
    evidence = (
        1.0,
        length,
        math.log(match.count),
        math.log(shares.max()),
        expected,
        length * expected,
        top - total,
    )
    return Voice(match.followers, mean / mean.sum(), np.array(evidence))


@dataclass(frozen=True)
class Mixture:
    """Fitted weights of the evidence, `[expert][evidence]`; calling it mixes one distribution.

    `provenance` says what the weights were fitted on; it changes nothing.
    """

    weights: tuple[tuple[float, ...], ...]
    provenance: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __call__(self, logits: Logits, matches: Sequence[Match]) -> Logits:
        """Logarithms `[vocab]` of the mixed distribution for `logits [vocab]` of the model.

        `matches` are one for each of `EXPERTS`; `NO_MATCH` where there is no such index. What is at
        -inf stays there; the others sum to one.
        """
        total, voices, shares = self.hear(logits, matches)
        mixed = logits - np.float32(total - math.log(shares[0]))
        heard = [
            (heard, share)
            for heard, share in zip(voices, shares[1:], strict=True)
            if heard is not None
        ]
        if heard:
            ids = np.unique(np.concatenate([said.ids for said, _ in heard]))
            sums = shares[0] * np.exp(logits[ids].astype(np.float64) - total)
            for said, share in heard:
                sums[np.searchsorted(ids, said.ids)] += share * said.probabilities
            with np.errstate(divide="ignore"):
                mixed[ids] = np.log(sums)
        return mixed

    def hear(
        self, logits: Logits, matches: Sequence[Match]
    ) -> tuple[float, list[Voice | None], list[float]]:
        """The logarithm of the sum of all `exp(logits)`, what each match says, and the `shares`."""
        top = float(logits.max())
        total = top + math.log(float(np.exp(logits - np.float32(top)).sum()))
        voices = [voice(match, logits, total, top) for match in matches]
        return total, voices, self.shares(voices)

    def shares(self, voices: Sequence[Voice | None]) -> list[float]:
        """How much of the mixture the model has, and each voice; they sum to one."""
        gates = [0.0]
        for weights, said in zip(self.weights, voices, strict=True):
            gates.append(-math.inf if said is None else float(said.evidence @ weights))
        largest = max(gates)
        parts = [math.exp(gate - largest) for gate in gates]
        return [part / sum(parts) for part in parts]

    def to_json(self) -> str:
        """All of it as JSON, for `from_json`."""
        table = {
            expert: dict(zip(EVIDENCE, weights, strict=True))
            for expert, weights in zip(EXPERTS, self.weights, strict=True)
        }
        entries = {"weights": table, "provenance": dict(self.provenance)}
        return json.dumps(entries, indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Mixture":
        """What `to_json` wrote.

        Raises:
            UsageError: it is no such JSON, or of another version's experts and evidence.
        """
        try:
            entries = json.loads(text)
            table = entries["weights"]
            if set(table) != set(EXPERTS) or any(
                set(row) != set(EVIDENCE) for row in table.values()
            ):
                raise ValueError("its experts or their evidence are others")
            weights = tuple(
                tuple(float(table[expert][name]) for name in EVIDENCE) for expert in EXPERTS
            )
            if not np.isfinite(weights).all():
                raise ValueError("a weight is no number")
            return cls(weights, dict(entries.get("provenance", {})))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"These are no weights of a mixture ({error}): fit them anew."
            ) from None


@cache
def default_mixture(objective: Objective = "lines") -> Mixture:
    """The weights that come with this package.

    Those for most whole lines are for taking the likeliest token, those for the least loss for anything
    that needs the probabilities to be right.
    """
    text = files("codekiln.index").joinpath(f"mix-{objective}.json").read_text(encoding="utf-8")
    return Mixture.from_json(text)
