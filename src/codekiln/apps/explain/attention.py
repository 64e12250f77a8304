"""What the heads of the model looked at when they wrote each token, by the reference engine.

It reads the same ids in fp32, whatever engine has written them; the fast ones never have these numbers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from codekiln.apps.explain.facts import Attention
from codekiln.errors import UsageError
from codekiln.generate.loading import load_engine

if TYPE_CHECKING:
    from codekiln.generate.torch_engine import TorchEngine

DECIMALS = 5


def load_reference(model: Path) -> "TorchEngine":
    """The reference engine of a model, by its folder or name.

    Raises:
        MissingExtraError: torch is not installed; the message has the line that installs it.
        And as `load_engine`.
    """
    from codekiln.device import require_torch

    require_torch("Looking at attention")
    from codekiln.generate.torch_engine import TorchEngine

    engine = load_engine(model, kind="torch")
    assert isinstance(engine, TorchEngine)
    return engine


def attention(
    engine: "TorchEngine", ids: Sequence[int], first: int, layer: int, heads: Sequence[int]
) -> list[Attention]:
    """Of some heads of a layer, what they looked at before each of `ids[first:]`.

    Raises:
        UsageError: there is no such layer, head or id, or there are more ids than the model can read.
    """
    if not 0 <= layer < engine.layers:
        raise UsageError(f"There is no layer {layer}: the model has {engine.layers}, from 0.")
    for head in heads:
        if not 0 <= head < engine.heads:
            raise UsageError(f"There is no head {head}: a layer has {engine.heads}, from 0.")
    if not 1 <= first <= len(ids) <= engine.context:
        raise UsageError(
            f"Attention is shown for 1 to {engine.context} ids, the first of them a prompt's: "
            f"there are {len(ids)}, of the answer from {first} on."
        )
    if not all(0 <= token < engine.vocabulary for token in ids):
        raise UsageError(f"There are ids that the model has not: it has {engine.vocabulary}.")
    if first == len(ids):
        return [Attention(layer, head, ()) for head in heads]
    weights = engine.attention(ids[:-1], layer)
    return [
        Attention(
            layer,
            head,
            tuple(
                tuple(
                    round(float(weight), DECIMALS) for weight in weights[head, place, : place + 1]
                )
                for place in range(first - 1, len(ids) - 1)
            ),
        )
        for head in heads
    ]
