"""How many tokens Muon needs for the loss that AdamW comes to with the same model, rows and schedule.

AdamW for every weight, with betas of 0.9 and 0.95 and a decay of 0.1 on the matrices, takes the best of
four rates; Muon (with AdamW for embedding and norms) is ours as it stands, not tuned for this. Each run
has a schedule of its own length. The rows are those of `bench/scaling.py`; the loss is on held-out rows, in
nats a token.
"""

import os

import torch

from bench.scaling import VOCABULARY, Trial, rows, train
from codekiln.model.transformer import Transformer
from codekiln.training.config import Precision

DEPTH, BATCH = 2, 2048
TOKENS = int(os.environ.get("CODEKILN_BENCH_TOKENS", "1500000"))
RATES = (0.0005, 0.001, 0.002, 0.004)
SHARES = (0.5, 0.6, 0.7, 1.0)

Row = dict[str, str]


class OnlyAdamW:
    """AdamW for every weight, with the interface of our optimiser."""

    def __init__(self, model: Transformer, rate: float) -> None:
        weights = list(model.parameters())
        groups = [
            {"params": [weight for weight in weights if weight.ndim == 2], "weight_decay": 0.1},
            {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
        ]
        self._rate = rate
        self._adamw = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.95), fused=True)

    def step(self, scale: float, precision: Precision) -> None:  # noqa: ARG002
        for group in self._adamw.param_groups:
            group["lr"] = self._rate * scale
        self._adamw.step()
        self._adamw.zero_grad()


def run() -> dict[str, list[Row]]:
    """A row for each run."""
    rows()
    found = []
    adamw = {rate: train(Trial(DEPTH, BATCH, rate, TOKENS), OnlyAdamW) for rate in RATES}
    best = min(adamw.values())
    for rate, loss in adamw.items():
        found.append(_row(f"AdamW, rate {rate:g}", 1.0, loss, best))
    for share in SHARES:
        trial = Trial(DEPTH, BATCH, 0.0, int(TOKENS * share))
        found.append(_row("Muon", share, train(trial), best))
    return {f"depth {DEPTH}, vocabulary {VOCABULARY:,}, batches of {BATCH:,}": found}


def _row(name: str, share: float, loss: float, best: float) -> Row:
    return {
        "optimiser": name,
        "tokens": f"{TOKENS * share:,.0f}",
        "share of AdamW's": f"{share:.1f}",
        "held-out loss": f"{loss:.4f}",
        "than AdamW's best": f"{loss - best:+.4f}",
    }
