"""What an adapter changes of a model, and how its tensors are called."""

from collections.abc import Iterator
from dataclasses import dataclass

from codekiln.model.arrays import shapes
from codekiln.model.config import ModelConfig

# All matrices of a layer: attention alone learns less at an equal number of weights (Dettmers et al. 2023,
# QLoRA, §4; Schulman et al. 2025, "LoRA without regret").
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
EMBEDDING, OUTPUT = "model.embed_tokens", "lm_head"
TUNED_ROWS = "token_adapter.trainable_tokens_delta"  # they are values, whatever PEFT calls them


@dataclass(frozen=True)
class LoraShape:
    """W becomes W + (alpha / rank) · B A, with A `[rank, in]` and B `[out, rank]`.

    Besides, the rows of `tokens` in the embedding, and in the output layer if it is not the same, are
    learned in full: no product of two small matrices tells new tokens apart.
    """

    rank: int = 16
    alpha: float = 32.0
    targets: tuple[str, ...] = TARGETS
    tokens: tuple[int, ...] = ()

    @property
    def scale(self) -> float:
        """By what B A is multiplied."""
        return self.alpha / self.rank

    def check(self) -> None:
        """Raises ValueError: a target is none that a layer has, or a number is not above zero."""
        unknown = sorted(set(self.targets) - set(TARGETS))
        if unknown or not self.targets:
            raise ValueError(
                f"targets are {unknown or 'none'}, and a layer has {', '.join(TARGETS)}"
            )
        if self.rank < 1 or not self.alpha > 0:
            raise ValueError(f"rank is {self.rank} and alpha {self.alpha}")

    def shapes(self, config: ModelConfig) -> dict[str, tuple[int, ...]]:
        """The adapter's tensors for a model of this shape, by the names of its modules."""
        found: dict[str, tuple[int, ...]] = {}
        for name, (outputs, inputs) in matrices(config).items():
            if name.rpartition(".")[2] in self.targets:
                found[f"{name}.lora_A.weight"] = (self.rank, inputs)
                found[f"{name}.lora_B.weight"] = (outputs, self.rank)
        if self.tokens:
            for table in tables(config):
                found[f"{table}.{TUNED_ROWS}"] = (len(self.tokens), config.width)
        return found


def matrices(config: ModelConfig) -> dict[str, tuple[int, int]]:
    """Every matrix of the layers, `(out, in)`, by its module's name."""
    found = {}
    for name, shape in shapes(config).items():
        module = name.removesuffix(".weight")
        if len(shape) == 2 and module.rpartition(".")[2] in TARGETS:
            found[module] = (shape[0], shape[1])
    return found


def tables(config: ModelConfig) -> Iterator[str]:
    """The modules that have a row for each token."""
    yield EMBEDDING
    if not config.tied:
        yield OUTPUT
