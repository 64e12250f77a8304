"""Settings of pretraining, and what follows from the depth dial.

The rules for rate and batch are measured (`bench/scaling.py`, docs/log.md); twenty tokens a weight are
those of Hoffmann et al. 2022 (§3).
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from codekiln.config import setting

Precision = Literal["bf16", "fp32"]
RATE, SMALLEST_BATCH, DEEPEST_OF_SMALLEST, TOKENS_A_WEIGHT = 0.02, 2048, 4, 20
Parallel = Literal["auto", "ddp", "fsdp"]
Compile = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class ModelStageConfig:
    """Settings of the model: one dial for its size, one budget, the rest derived."""

    table: ClassVar[str] = "model"  # of a recipe, that a person sets these in

    objective: Literal["causal", "masked"] = setting(
        "causal", "masked: an encoder, on rows of segments, which also learns what follows what"
    )
    whole_tokens: bool = setting(False, "an encoder guesses whole words, not fragments of them")
    replay: float = setting(
        0.2, "share of rows that the model knows, where it goes on from another", check="0..0.99"
    )
    depth: int = setting(4, "layers; width, heads, batch, rates, budget follow", check="1..128")
    tokens: int = setting(
        0, "budget in tokens; 0 takes the one in seconds, or without it 20 a weight", check=">= 0"
    )
    seconds: float = setting(0.0, "budget in seconds, turned into steps once", check="0..1e9")
    batch_tokens: int = setting(
        0, "tokens a step; 0 takes 2048 up to depth 5, and more beyond", check=">= 0"
    )
    learning_rate: float = setting(
        0.0, "of the matrices; 0 takes 0.02, more for large batches", check=">= 0"
    )
    weight_decay: float = setting(0.0, "of the matrices", check=">= 0")
    warmup: float = setting(0.02, "share of the steps that warm up", check="0..1")
    decay: float = setting(0.6, "share of the steps that decay", check="0..1")
    clip: float = setting(1.0, "largest norm of the gradient", check="> 0")
    precision: Literal["auto", "bf16", "fp32"] = setting("auto", "auto takes the faster")
    compile: Literal["auto", "on", "off"] = setting(
        "auto", "torch.compile; auto: on a GPU, and where a long run on the processor gains by it"
    )
    micro_tokens: int = setting(
        0,
        "tokens that go through the model at once; 0 takes 4M / width, on a GPU 32768",
        check=">= 0",
    )
    recompute: bool = setting(False, "compute layers twice instead of keeping what is inside them")
    parallel: Literal["auto", "ddp", "fsdp"] = setting(
        "auto",
        "of several processes each has the whole model (ddp) or some of it (fsdp); auto: by size",
    )
    tolerance: int = setting(20, "steps in a row that may fail before the run stops", check=">= 0")
    threads: int = setting(0, "processor threads; 0 takes the fastest number", check="0..1024")
    tensorboard: bool = setting(False, "write the curves for TensorBoard too")
    checkpoint_seconds: float = setting(20.0, "time between checkpoints", check="> 0")
    seed: int = setting(0, "seed of the weights and the order of rows", check="0..4294967295")

    def step_rows(self, length: int) -> int:
        """Rows a step, of `length` tokens each; all processes together take them."""
        return max(1, self.step_tokens() // length)

    def step_tokens(self) -> int:
        """Tokens a step. The best batch grows with the root of the tokens, and those with depth cubed.

        (McCandlish et al. 2018, "An empirical model of large-batch training", has the reason.)
        """
        doublings = max(0, round(1.5 * math.log2(self.depth / DEEPEST_OF_SMALLEST)))
        return self.batch_tokens or SMALLEST_BATCH << doublings

    def matrix_rate(self) -> float:
        """Muon's learning rate; the embedding's follows from it and from the width."""
        return self.learning_rate or RATE * (self.step_tokens() / SMALLEST_BATCH) ** 0.25

    def with_budget(self, weights: int) -> "ModelStageConfig":
        """The same, with a number of tokens if it has no budget, for a model of so many weights."""
        unbound = not self.tokens and not self.seconds
        return replace(self, tokens=TOKENS_A_WEIGHT * weights) if unbound else self


@dataclass(frozen=True)
class EncoderConfig:
    """Settings of the contrastive stage; the others are those that its model was trained with."""

    tokens: int = setting(0, "budget in tokens; 0 takes the one in seconds", check=">= 0")
    seconds: float = setting(60.0, "budget in seconds, turned into steps once", check="0.001..1e9")
    pairs: int = setting(64, "functions a step, each a negative of all others", check="2..65536")
    learning_rate: float = setting(0.0, "of the matrices; 0 takes 0.005", check=">= 0")

    def matrix_rate(self) -> float:
        """A quarter of what a model begins with, since this one has learned already."""
        return self.learning_rate or 0.005
