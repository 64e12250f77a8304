"""What the heads of a model looked at when it wrote each token, by the reference engine.

It reads the same ids in fp32, whatever engine has written them; the fast ones never have these numbers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from codekiln.apps.explain.facts import Rows
from codekiln.device import require_torch
from codekiln.errors import UsageError
from codekiln.generate import Logits
from codekiln.generate.loading import load_engine

DECIMALS = 5
MOST = 600_000  # weights of all heads together that one page is given


@runtime_checkable
class AttentionEngine(Protocol):
    """An engine that can tell its attention: the one on torch."""

    @property
    def context(self) -> int:
        """Most ids it can read."""

    @property
    def vocabulary(self) -> int:
        """Number of ids."""

    @property
    def layers(self) -> int:
        """Number of layers."""

    @property
    def heads(self) -> int:
        """Heads of each layer."""

    def attention(self, ids: Sequence[int], layer: int) -> Logits:
        """Weights `[heads, n, n]` of `ids[n]`; rows sum to 1."""


def load_reference(model: Path) -> AttentionEngine:
    """The reference engine of a model, by its folder or name.

    Raises:
        MissingExtraError: torch is not installed; the message has the line that installs it.
        And as `load_engine`.
    """
    require_torch("Looking at attention")
    engine = load_engine(model, kind="torch")
    assert isinstance(engine, AttentionEngine)
    return engine


def attention(engine: AttentionEngine, ids: Sequence[int], first: int, layer: int) -> list[Rows]:
    """What each head of a layer, from 0, looked at before each of `ids[first:]`.

    Raises:
        UsageError: there is no such layer or id, or there are more ids than the model can read.
    """
    if not 0 <= layer < engine.layers:
        raise UsageError(f"There is no layer {layer}: the model has {engine.layers}, from 0.")
    if not 1 <= first <= len(ids) <= engine.context:
        raise UsageError(
            f"Attention is shown for 1 to {engine.context} ids, the first of them a prompt's: "
            f"there are {len(ids)}, of the answer from {first} on."
        )
    if not all(0 <= token < engine.vocabulary for token in ids):
        raise UsageError(f"There are ids that the model has not: it has {engine.vocabulary}.")
    if first == len(ids):
        return [()] * engine.heads
    weights = engine.attention(ids[:-1], layer).round(DECIMALS).astype(float)
    places = range(first - 1, len(ids) - 1)
    return [
        tuple(tuple(head[place, : place + 1].round(DECIMALS).tolist()) for place in places)
        for head in weights
    ]


def told_layers(engine: AttentionEngine, ids: int, first: int) -> range:
    """The layers of which all heads fit into a page, the last ones if not all do; one at least."""
    weights = engine.heads * (ids - first) * (ids + first) // 2
    return range(max(engine.layers - max(MOST // max(weights, 1), 1), 0), engine.layers)
