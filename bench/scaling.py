"""What follows from depth: batch, rate and tokens, by many small trainings; and whether a fit foretells.

First every depth of the sweep is trained with several batches and rates on equally many tokens. Then, with
what was best, sizes up to depth 3 are trained on several numbers of tokens; those between the depths have
fewer heads, and so are narrower, than the dial would give them. A law is fitted to the held-out losses,
sizes that it was not fitted to are foretold, and only then trained. Laws were compared by how well they
foretell the largest sizes from the smaller ones, and models of one layer left out by the same measure: what
takes two layers (copying from further up, Olsson et al. 2022, "In-context learning and induction heads")
they never learn. N is without the embedding, L is in nats a token.

Trials are kept in the cache and not repeated, so that the sweep goes on where it was stopped.
Two trainings run at once, which takes somewhat under an hour on two cores; `CODEKILN_BENCH_WORKERS` sets
how many, for a GPU that one small model cannot fill.
"""

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.scaling_fit import Fit, Law, Point, error_without_largest, fit_joint, fit_sum
from codekiln.artifact import Artifact, open_artifact, open_work, produce
from codekiln.device import core_count, keep_freed_memory, pick_device, seed_everything
from codekiln.inputs import RowLoader, RowStore
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.causal import Causal
from codekiln.training.config import ModelStageConfig
from codekiln.training.learner import Learner
from codekiln.training.schedule import warmup_stable_decay

SOURCES = (
    "pypi:sqlalchemy==2.1.9", "pypi:networkx==3.6.1", "pypi:twisted==26.10.0",
    "npm:webpack@5.112.2", "debian:redis", "debian:libcommons-lang3-java",
)  # fmt: skip
VOCABULARY, LENGTH = 2048, 256
DEPTHS = (1, 2, 3)
SIZES = ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3))  # layers and heads
BATCHES, RATES = (2048, 8192, 32_768), (0.01, 0.02, 0.04, 0.08)
GRID_TOKENS = int(os.environ.get("CODEKILN_BENCH_TOKENS", "600000"))
HORIZONS = (1, 2, 4, 8)  # times that many tokens
NEXT = ((4, 2), (4, 4), (4, 8), (5, 2))  # depth, and times that many tokens
WORKERS = int(os.environ.get("CODEKILN_BENCH_WORKERS", "2"))
HELD_OUT_ROWS = 512

Row = dict[str, str]


@dataclass(frozen=True)
class Trial:
    """One training; of as many heads as layers, which is what the depth dial gives, or of others."""

    depth: int
    batch: int
    rate: float
    tokens: int
    heads: int = 0  # 0: as many as layers

    def shape(self) -> ModelConfig:
        """Width follows from the heads."""
        wide = ModelConfig.from_depth(self.heads or self.depth, VOCABULARY, LENGTH)
        return replace(wide, layers=self.depth)

    def weights(self) -> int:
        """Without the embedding."""
        shape = self.shape()
        return shape.parameters() - VOCABULARY * shape.width


def run() -> dict[str, list[Row]]:
    """The grid, what is best for each depth, how laws foretell sizes left out, and what is next."""
    losses = measure(Trial(d, b, r, GRID_TOKENS) for d in DEPTHS for b in BATCHES for r in RATES)
    best = {depth: min(_of(losses, depth), key=losses.__getitem__) for depth in DEPTHS}
    longer = measure(
        replace(best[layers], tokens=GRID_TOKENS * times, heads=0 if heads == layers else heads)
        for layers, heads in SIZES
        for times in HORIZONS
    )
    law = fit_joint(_points(longer, 2))
    following = [
        replace(best[DEPTHS[-1]], depth=depth, tokens=GRID_TOKENS * times) for depth, times in NEXT
    ]
    foretold = {trial: law.loss(trial.weights(), trial.tokens) for trial in following}
    return {
        f"held-out loss after {GRID_TOKENS:,} tokens, by batch and rate": _grid(losses),
        "by tokens, with the best of these": _horizons(longer, law),
        "errors on the largest sizes, foretold from the smaller ones": _left_out(longer),
        f"sizes that it was not fitted to, foretold by {law}": _next(foretold),
    }


def measure(trials: Iterable[Trial]) -> dict[Trial, float]:
    """The held-out loss of each trial; those an earlier run has done are read from the cache."""
    wanted, path = list(trials), cache() / f"scaling-{pick_device().type}.jsonl"
    done = _done(path)
    missing = [trial for trial in wanted if trial not in done]
    if missing:
        rows()  # made once, before several want it
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        for trial, loss in zip(missing, pool.map(held_out_loss, missing), strict=True):
            done[trial] = loss
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([asdict(trial), loss]) + "\n")
    return {trial: done[trial] for trial in wanted}


def _done(path: Path) -> dict[Trial, float]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {Trial(**fields): loss for fields, loss in map(json.loads, lines)}


def held_out_loss(trial: Trial) -> float:
    """Train in a process of its own; nats a token on rows that it never saw."""
    torch.set_num_threads(max(1, core_count() // (2 * WORKERS)))
    return train(trial)


def train(trial: Trial, optimizer: Callable[[Transformer, float], Any] | None = None) -> float:
    """The held-out loss after a trial, with our optimiser or another."""
    keep_freed_memory()
    seed_everything(0)
    inputs, tokenizer = rows()
    train, held_out = (RowStore.of(inputs, split) for split in ("train", "held_out"))
    config = replace(
        ModelStageConfig(),
        depth=trial.depth,
        batch_tokens=trial.batch,
        learning_rate=trial.rate,
        compile="off",  # which takes longer than these trainings
    )
    model = Transformer(trial.shape()).to(pick_device())
    learner = Learner(config, model, Causal(tokenizer.end, tokenizer.special(PADDING)))
    if optimizer is not None:
        learner.optimizer = optimizer(model, trial.rate)
    loader, steps = RowLoader(train, trial.batch // LENGTH, 0), trial.tokens // trial.batch
    for step in range(steps):
        learner.gradients(torch.from_numpy(loader.next_batch()), 0, "bf16")
        learner.update(warmup_stable_decay(step, steps, config.warmup, config.decay))
    places = np.linspace(0, len(held_out) - 1, min(HELD_OUT_ROWS, len(held_out))).astype(int)
    return learner.mean_loss(torch.from_numpy(held_out[places]), "bf16")


def rows() -> tuple[Artifact, Tokenizer]:
    """Rows of six packages, made once; a bare machine is given them in the cache."""
    work = cache()
    found = sorted((work / "inputs").glob("scaling-????????"))
    if found:
        return open_artifact(found[0], "inputs"), Tokenizer.load(_tokenizer_folder(work))
    from codekiln.corpus import CorpusConfig, build_corpus
    from codekiln.inputs import stage as inputs
    from codekiln.tokenizer import stage as tokenizer

    open_work(work)
    corpus = build_corpus(CorpusConfig(sources=SOURCES), work, "scaling")
    learned = produce(
        tokenizer.STAGE,
        tokenizer.TokenizerConfig(vocabulary=VOCABULARY),
        {"corpus": corpus},
        work,
        "scaling",
    )
    packed = produce(
        inputs.STAGE,
        inputs.InputsConfig(row_length=LENGTH),
        {"corpus": corpus, "tokenizer": learned},
        work,
        "scaling",
    )
    return packed, Tokenizer.load(learned.path)


def cache() -> Path:
    """Where rows and trials are kept from one run to the next."""
    return Path(os.environ.get("CODEKILN_BENCH_CACHE", "work/bench"))


def _tokenizer_folder(work: Path) -> Path:
    return sorted((work / "tokenizer").glob("scaling-????????"))[0]


def _of(losses: dict[Trial, float], depth: int) -> list[Trial]:
    return [trial for trial in losses if trial.depth == depth]


def _points(losses: dict[Trial, float], layers: int) -> list[Point]:
    """Of models with at least so many layers."""
    return [
        Point(trial.weights(), trial.tokens, loss)
        for trial, loss in losses.items()
        if trial.depth >= layers
    ]


def _grid(losses: dict[Trial, float]) -> list[Row]:
    found = []
    for depth in DEPTHS:
        for batch in BATCHES:
            trials = [Trial(depth, batch, rate, GRID_TOKENS) for rate in RATES]
            row = {
                "depth": str(depth),
                "parameters": f"{trials[0].weights():,}",
                "batch": f"{batch:,}",
            }
            for trial in trials:
                row[f"rate {trial.rate:g}"] = f"{losses[trial]:.4f}"
            found.append(row)
    return found


def _horizons(longer: dict[Trial, float], law: Law) -> list[Row]:
    return [
        {
            "layers": str(trial.depth),
            "heads": str(trial.heads or trial.depth),
            "parameters": f"{trial.weights():,}",
            "batch": f"{trial.batch:,}",
            "rate": f"{trial.rate:g}",
            "tokens": f"{trial.tokens:,}",
            "loss": f"{loss:.4f}",
            "fitted": f"{law.loss(trial.weights(), trial.tokens):.4f}" if trial.depth > 1 else "",
        }
        for trial, loss in longer.items()
    ]


def _left_out(longer: dict[Trial, float]) -> list[Row]:
    laws: dict[str, Fit] = {"sum of two terms": fit_sum, "joint": fit_joint}
    return [
        {
            "law": name,
            "fitted to": "all" if layers == 1 else "two layers and more",
            "largest": _errors(error_without_largest(fit, _points(longer, layers))),
            "two largest": _errors(error_without_largest(fit, _points(longer, layers), 2)),
        }
        for name, fit in laws.items()
        for layers in (1, 2)
    ]


def _errors(errors: list[float]) -> str:
    """Their root mean square, and each."""
    mean = np.sqrt(np.mean(np.square(errors)))
    return f"{mean:.2%} ({', '.join(f'{100 * error:+.1f}' for error in errors)})"


def _next(foretold: dict[Trial, float]) -> list[Row]:
    return [
        {
            "depth": str(trial.depth),
            "parameters": f"{trial.weights():,}",
            "tokens": f"{trial.tokens:,}",
            "foretold": f"{foretold[trial]:.4f}",
            "found": f"{found:.4f}",
            "error": f"{foretold[trial] / found - 1:+.2%}",
        }
        for trial, found in measure(foretold).items()
    ]
