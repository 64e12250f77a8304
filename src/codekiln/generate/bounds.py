"""What must hold before a prompt is read, and which ids may be generated at all."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from codekiln.errors import ModelError, UsageError
from codekiln.generate.constraints.constraint import Mask
from codekiln.generate.engine import Engine, Logits
from codekiln.generate.strategies import log_softmax
from codekiln.tokenizer import Tokenizer


def token_limit(
    engine: Engine,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    max_tokens: int,
    stop: tuple[str, ...],
) -> int:
    """How many tokens may follow the prompt: `max_tokens`, or what the context leaves.

    Raises:
        UsageError: the prompt is empty or leaves no room in the context, a stop string is empty, or
            `max_tokens` is below 1.
        ModelError: the engine has fewer ids than the tokenizer.
    """
    if max_tokens < 1:
        raise UsageError(f"max_tokens is {max_tokens}, but must be ≥ 1.")
    if "" in stop:
        raise UsageError("A stop string is empty: leave it out.")
    if not 0 < len(prompt) < engine.context:
        raise UsageError(
            f"The prompt has {len(prompt)} tokens, but must have 1 to {engine.context - 1}: "
            "the context also holds what is generated."
        )
    if engine.vocabulary < tokenizer.vocabulary_size:
        raise ModelError(
            f"The model has {engine.vocabulary} ids and the tokenizer {tokenizer.vocabulary_size}: "
            "use the tokenizer that lies beside the model."
        )
    return min(max_tokens, engine.context - len(prompt))


def random_generator(seed: int) -> np.random.Generator:
    """What samples are drawn with. Raises UsageError: `seed` is below 0."""
    if seed < 0:
        raise UsageError(f"seed is {seed}, but must be ≥ 0.")
    return np.random.default_rng(seed)


def generable(engine: Engine, tokenizer: Tokenizer) -> Mask:
    """`[vocab]` of the engine: True for text, and of control for what ends an answer. Not to be changed."""
    return _generable(engine.vocabulary, tokenizer)


@lru_cache(maxsize=8)
def _generable(vocabulary: int, tokenizer: Tokenizer) -> Mask:
    mask = np.zeros(vocabulary, dtype=np.bool_)
    mask[[*tokenizer.text_ids, *tokenizer.ends]] = True
    mask.flags.writeable = False
    return mask


def logprobs(logits: Logits, allowed: Mask) -> npt.NDArray[np.float64]:
    """Natural log-probabilities `[vocab]` among the allowed ids; -inf for the others.

    Raises:
        ModelError: the logits are no numbers.
    """
    masked = np.where(allowed, logits, np.float32(-np.inf))
    if not np.isfinite(masked.max()):
        raise ModelError("The model gives logits that are no numbers: train or load it anew.")
    return log_softmax(masked)
