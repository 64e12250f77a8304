"""New rows for new tokens in a model's tables, so that all it knew stays as it was."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from codekiln.model.arrays import Floats, Rows, whole
from codekiln.model.config import ModelConfig
from codekiln.model.lora.shape import tables

SPREAD = 0.1  # of what the old rows differ by: enough to tell new ones apart


def extended(
    weights: Mapping[str, Floats | Rows], config: ModelConfig, tokens: list[int], seed: int = 0
) -> tuple[dict[str, Floats | Rows], ModelConfig]:
    """Weights and shape with rows for `tokens`; rows that lie behind the known tokens may be there already.

    Each is the mean μ of the old rows, and noise with a hundredth of their covariance (Hewitt 2021,
    "Initializing new word embeddings for pretrained language models"). At the mean itself a token is never
    likelier than 1/n of what n old ones have together, because exp is convex: so a text without new tokens
    costs at most ln(1 + k/n) nats a token more for k of them.
    """
    size = max(config.vocabulary, max(tokens) + 1)
    generator = np.random.default_rng(seed)
    changed = dict(weights)
    for table in tables(config):
        old = whole(weights[f"{table}.weight"])
        new = np.zeros((size, old.shape[1]), np.float32)
        new[: len(old)] = old
        known = np.setdiff1d(np.arange(min(tokens[0], len(old))), tokens)
        new[tokens] = _like(old[known], len(tokens), generator)
        changed[f"{table}.weight"] = new
    return changed, replace(config, vocabulary=size)


def _like(rows: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Draws from N(μ, SPREAD² Σ) of rows, without Σ: random sums of what they differ from the mean by."""
    mean = rows.mean(axis=0)
    weights = generator.standard_normal((count, len(rows)), np.float32)
    noise: Floats = mean + np.float32(SPREAD / np.sqrt(len(rows))) * (weights @ (rows - mean))
    return noise.astype(np.float32)
