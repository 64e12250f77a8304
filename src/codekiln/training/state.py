"""What the next step depends on besides its rows, as named tensors: weights that are learned, moments,
random numbers.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor

from codekiln.device import random_state, restore_random_state
from codekiln.training.checkpoint import Checkpoint
from codekiln.training.learner import Learner

T = TypeVar("T")
Parts = Mapping[str, Mapping[str, T]]


def state_of(learner: Learner) -> dict[str, Tensor]:
    """Of `learner` now, by `<part>/<name>`: the tensors themselves, not copies."""
    return _flat(_parts_of(learner))


def restore(learner: Learner, checkpoint: Checkpoint) -> None:
    """Let `learner` go on as the one whose state the checkpoint holds.

    Raises:
        TrainingError: that one had another model.
    """
    shapes = _parted(checkpoint.shapes)
    learner.optimizer.make_room(shapes["optimizer"])
    parts = _parts_of(learner)
    states = parts["random"].items()
    parts["random"] = {name: one for name, one in states if name in shapes["random"]}
    checkpoint.read_into(_flat(parts))
    restore_random_state(parts["random"])


def restore_weights(learner: Learner, checkpoint: Checkpoint) -> None:
    """Give the model what it had then; it cannot go on from there."""
    checkpoint.read_into(_flat({"model": _parts_of(learner)["model"]}))


def _parts_of(learner: Learner) -> dict[str, Mapping[str, Tensor]]:
    learned = {name for name, p in learner.model.named_parameters() if p.requires_grad}
    weights = learner.model.state_dict().items()
    return {
        "model": {name: tensor for name, tensor in weights if name in learned},
        "optimizer": learner.optimizer.tensors(),
        "random": random_state(learner.device),
    }


def _flat(parts: Parts[T]) -> dict[str, T]:
    return {f"{part}/{name}": one for part, named in parts.items() for name, one in named.items()}


def _parted(flat: Mapping[str, T]) -> Parts[T]:
    parts: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for key, one in flat.items():
        part, _, name = key.partition("/")
        parts[part][name] = one
    return parts
