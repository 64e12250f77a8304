"""How well a model predicts text, in bits per byte: one measure for models and compressors."""

import math

import numpy as np
import numpy.typing as npt

from codekiln.generate.engine import Engine, Ids, Logits

BATCH = 8  # windows read at once
LOGITS = 1 << 26  # logits held at once, so that a large vocabulary or context has smaller batches
Bits = npt.NDArray[np.float64]


def log_likelihood(logits: npt.ArrayLike, targets: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """log p of each target under the softmax of its logits, natural logarithm.

    The log-likelihood of a text is their sum, for p(text) is the product of its tokens' p:

        log p(x_1 … x_T) = Σ_t log p(x_t | x_1 … x_{t-1})

    `logits` is `[..., V]`, `targets` and the result `[...]`.

    By hand: with logits 0 and ln 3 the second of two tokens has p = 3/4, the first 1/4; a text of
    one of each has p = 3/16.

    >>> logits = [[0.0, math.log(3)], [0.0, math.log(3)]]
    >>> bool(np.isclose(log_likelihood(logits, [1, 0]).sum(), math.log(3 / 16)))
    True
    """
    scores = np.asarray(logits)
    highest = scores.max(axis=-1, keepdims=True)
    normaliser = highest[..., 0] + np.log(np.exp(scores - highest).sum(axis=-1))
    chosen = np.take_along_axis(scores, np.asarray(targets)[..., None], axis=-1)[..., 0]
    return np.asarray(chosen - normaliser, dtype=np.float64)


def token_bits(
    engine: Engine, header: list[int], ids: list[int], context: int | None = None
) -> Bits:
    """−log2 p of each of `ids`, which stand behind `header` (not counted itself).

    A text longer than the engine's context, or than `context`, is read through windows that overlap by
    half, the header in front of each, so that every token but the first ones sees at least half a context.
    """
    text = np.asarray(ids, dtype=np.int64)
    size = min(min(context or engine.context, engine.context) - len(header), len(text))
    batch = max(1, min(BATCH, LOGITS // max(size * engine.vocabulary, 1)))
    bits = np.full(len(text), np.nan)
    starts = [*range(0, len(text) - size, max(1, size // 2)), len(text) - size]
    scored = 0
    for first in range(0, len(starts), batch):
        some = starts[first : first + batch]
        windows = np.stack([text[start : start + size] for start in some])
        for start, logits in zip(some, _logits(engine, header, windows), strict=True):
            fresh = logits[scored - start :]
            stop = start + size
            bits[scored:stop] = -log_likelihood(fresh, text[scored:stop]) / math.log(2)
            scored = stop
    return bits


def _logits(engine: Engine, header: list[int], windows: Ids) -> Logits:
    """What predicts each token of `windows [batch, n]` behind `header`: `[batch, n, vocab]`."""
    headers = np.tile(np.asarray(header, dtype=np.int64), (len(windows), 1))
    first = engine.prefill(headers)[:, None]
    if windows.shape[1] == 1:
        return first
    return np.concatenate([first, engine.step(windows[:, :-1])], axis=1)
