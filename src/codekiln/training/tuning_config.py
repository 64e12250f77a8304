"""Settings of tuning, and what follows from them for the run."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from codekiln.config import setting
from codekiln.model.lora.shape import TARGETS, LoraShape
from codekiln.training.config import ModelStageConfig

# At this width. The best rate of an adapter is ten times that of all weights, whatever its rank
# (Schulman et al. 2025, "LoRA without regret").
RATES = {"lora": 1e-3, "full": 1e-4}
WIDTH = 576


@dataclass(frozen=True)
class TuningConfig:
    """Settings of tuning: one dial for what an adapter can hold, one budget, the rest derived."""

    method: Literal["lora", "full"] = setting(
        "lora", "lora: a small adapter beside the base, which stays as it is; full: every weight"
    )
    rank: int = setting(16, "of an adapter's matrices: how much it can hold", check="1..1024")
    alpha: float = setting(0.0, "weight of an adapter; 0 takes twice the rank", check=">= 0")
    targets: tuple[str, ...] = setting((), "layers with an adapter; none named: all matrices")
    tokens: tuple[str, ...] = setting(
        (), "special tokens to learn besides; the base is given those that it lacks"
    )
    epochs: float = setting(3.0, "budget in rounds over all examples", check="> 0")
    seconds: float = setting(0.0, "or else in seconds, turned into steps once", check="0..1e9")
    replay: float = setting(
        0.3, "share of rows of an earlier tuning, where it goes on from one", check="0..0.99"
    )
    batch_tokens: int = setting(4096, "tokens a step", check="> 0")
    learning_rate: float = setting(
        0.0, "0 takes 1e-3 for an adapter, 1e-4 for all weights, less for wide models", check=">= 0"
    )
    weight_decay: float = setting(0.0, "of matrices", check=">= 0")
    patience: int = setting(
        3,
        "looks at held-out examples, eight in all, without gain after which it stops",
        check="> 0",
    )
    precision: Literal["auto", "bf16", "fp32"] = setting("auto", "auto takes the faster")
    micro_tokens: int = setting(0, "tokens at once; 0 takes what pretraining does", check=">= 0")
    recompute: bool = setting(False, "compute layers twice instead of keeping what is inside them")
    threads: int = setting(0, "processor threads; 0 takes the fastest number", check="0..1024")
    checkpoint_seconds: float = setting(20.0, "time between checkpoints", check="> 0")
    seed: int = setting(0, "seed of the adapter and the order of rows", check="0..4294967295")

    def shape(self, tokens: tuple[int, ...] = ()) -> LoraShape:
        """The adapter's; `tokens` are the ids of those to learn."""
        return LoraShape(self.rank, self.alpha or 2.0 * self.rank, self.targets or TARGETS, tokens)

    def run(self, rows: int, length: int, width: int) -> "TuningRun":
        """The settings of a run over `rows` of `length` tokens, of a model of this width.

        Adam moves each weight by about its rate, so wide models move further: the rate falls with the root
        of the width, as that of the embedding does in pretraining.
        """
        rate = self.learning_rate or RATES[self.method] * min(1.0, (WIDTH / width) ** 0.5)
        return TuningRun(
            tokens=0 if self.seconds else max(1, round(self.epochs * rows * length)),
            seconds=self.seconds,
            batch_tokens=self.batch_tokens,
            learning_rate=rate,
            weight_decay=self.weight_decay,
            warmup=0.05,
            decay=0.95,
            precision=self.precision,
            compile="auto",
            micro_tokens=self.micro_tokens,
            recompute=self.recompute,
            parallel="ddp" if self.method == "lora" else "auto",
            threads=self.threads,
            checkpoint_seconds=self.checkpoint_seconds,
            seed=self.seed,
        )


@dataclass(frozen=True)
class TuningRun(ModelStageConfig):
    """What the loop is told; a person sets it in another table."""

    table: ClassVar[str] = "tuning"
