"""n-best and best-of-n by sampling: one reading of the prompt, n answers side by side, a ranking."""

from collections.abc import Callable, Sequence

import numpy as np

from codekiln.errors import UsageError
from codekiln.generate.bounds import generable, logprobs, random_generator, token_limit
from codekiln.generate.constraints.constraint import Constraint
from codekiln.generate.engine import Engine, Logits
from codekiln.generate.extents import Everything, Extent
from codekiln.generate.interrupt import NEVER, Interrupt, Interrupted
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.hypotheses import Finish, Hypothesis, Partial, ranked
from codekiln.generate.search.rows import Rows
from codekiln.generate.strategies import Strategy
from codekiln.tokenizer import Tokenizer


def mean_logprob(hypothesis: Hypothesis) -> float:
    """The score that favours no length: natural log-probability a token."""
    return hypothesis.logprob / max(len(hypothesis.token_ids), 1)


def best_of(
    slot: Slot,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    strategy: Strategy,
    n: int,
    max_tokens: int,
    stop: tuple[str, ...] = (),
    extent: Callable[[], Extent] = Everything,
    seed: int = 0,
    constraint: Constraint | None = None,
    score: Callable[[Hypothesis], float] = mean_logprob,
    interrupt: Interrupt = NEVER,
) -> list[Hypothesis]:
    """The answers of `samples` ranked by `score`, the highest first; equal texts are one answer.

    The first is the best of n, all together are the n-best. Errors are those of `samples`.
    """
    found = samples(
        slot,
        tokenizer,
        prompt,
        strategy=strategy,
        n=n,
        max_tokens=max_tokens,
        stop=stop,
        extent=extent,
        seed=seed,
        constraint=constraint,
        interrupt=interrupt,
    )
    return ranked(found, score)


def samples(
    slot: Slot,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    strategy: Strategy,
    n: int,
    max_tokens: int,
    stop: tuple[str, ...] = (),
    extent: Callable[[], Extent] = Everything,
    seed: int = 0,
    constraint: Constraint | None = None,
    interrupt: Interrupt = NEVER,
) -> list[Hypothesis]:
    """`n` sampled answers in order, of which some may be equal.

    Sample `i` is the answer of `generate` with the seed `seed + i`, as far as the engine gives the same
    logits in a batch as alone; it does not depend on `n`. Those that an interrupt finds going on are
    answers as far as they got. Afterwards the slot holds the prompt alone.

    Raises:
        UsageError: at once, if `n` is below 1, `seed` below 0, or for what `token_limit` refuses.
        ModelError: the engine does not fit the tokenizer, or its logits are no numbers.
    """
    if n < 1:
        raise UsageError(f"n is {n}, but must be ≥ 1.")
    random_generator(seed)
    limit = token_limit(slot.engine, tokenizer, prompt, max_tokens, stop)
    finish = Finish(tokenizer, stop, limit, extent)
    choice = _Choice(slot.engine, tokenizer, prompt, strategy)
    generators = [random_generator(seed + i) for i in range(n)]
    going = dict.fromkeys(range(n), Partial((), 0.0, constraint))
    parents = list(range(n))
    finished: dict[int, Hypothesis] = {}
    with Rows(slot, prompt, interrupt) as rows:
        while going:
            try:
                logits = rows.read(parents, list(going.values()))
            except Interrupted:
                finished |= {i: finish.cut(sample, interrupt) for i, sample in going.items()}
                break
            going = {
                i: choice.extended(sample, row, generators[i])
                for (i, sample), row in zip(going.items(), logits, strict=True)
            }
            results = {i: finish.of(sample) for i, sample in going.items()}
            finished |= {i: result for i, result in results.items() if result}
            parents = [place for place, result in enumerate(results.values()) if result is None]
            going = {i: sample for i, sample in going.items() if results[i] is None}
    return [finished[i] for i in range(n)]


class _Choice:
    """The next token of a sample, as `decoding.generate` chooses it."""

    def __init__(
        self, engine: Engine, tokenizer: Tokenizer, prompt: Sequence[int], strategy: Strategy
    ) -> None:
        self._allowed = generable(engine, tokenizer)
        self._prompt = [token for token in prompt if token in tokenizer.text_ids]
        self._strategy = strategy

    def extended(self, sample: Partial, logits: Logits, rng: np.random.Generator) -> Partial:
        distribution = logprobs(logits, self._allowed)
        seen = np.array([*self._prompt, *sample.token_ids], dtype=np.int64)
        masked = np.where(sample.mask(self._allowed), logits, np.float32(-np.inf))
        token = self._strategy.choose(masked, seen, rng)
        return sample.extended(token, sample.logprob + float(distribution[token]))
