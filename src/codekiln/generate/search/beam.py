"""Beam search: the answer with the highest probability as a whole, as far as a beam can see.

Greedy decoding takes the best token each time; here the `width` best beginnings go on side by side, as
rows of one engine.
"""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from codekiln.errors import UsageError
from codekiln.generate.bounds import generable, logprobs, token_limit
from codekiln.generate.constraints.constraint import Constraint, Mask
from codekiln.generate.engine import Logits
from codekiln.generate.extents import Everything, Extent
from codekiln.generate.interrupt import NEVER, Interrupt, Interrupted
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.hypotheses import Finish, Hypothesis, Partial, ranked
from codekiln.generate.search.rows import Rows
from codekiln.generate.witness import Witness
from codekiln.tokenizer import Tokenizer


def beam_search(
    slot: Slot,
    tokenizer: Tokenizer,
    prompt: Sequence[int],
    *,
    width: int,
    max_tokens: int,
    n: int = 1,
    alpha: float = 1.0,
    stop: tuple[str, ...] = (),
    extent: Callable[[], Extent] = Everything,
    constraint: Constraint | None = None,
    interrupt: Interrupt = NEVER,
    witness: Witness | None = None,
) -> list[Hypothesis]:
    """At most `n` answers with different texts, those of the highest score first.

    The score is log p / length**alpha, with p = ∏ p(w_t | w_<t) over all generated tokens, the end
    included. With alpha 0 the first one approximates argmax p; it reaches it when the beam is wide
    enough. Alpha 1, the mean, favours no length (Wu et al. 2016, §7, has a relative of this).

    Of all continuations of a step, those among the `width` best that finish are put aside, and the
    `width` best that do not finish go on: the rule of transformers. The search ends when no answer
    can beat the `n` best ones any more, or with an interrupt: then the beams that were going on are
    answers too. Afterwards the slot holds the prompt alone.

    Raises:
        UsageError: at once, if `width` is below 1, `n` is not in 1 … `width`, `alpha` is below 0 or
            not finite, or for what `token_limit` refuses.
        ModelError: the engine does not fit the tokenizer, or its logits are no numbers.
    """
    if width < 1:
        raise UsageError(f"The beam's width is {width}, but must be ≥ 1.")
    if not 1 <= n <= width:
        raise UsageError(f"n is {n}, but must be from 1 to the beam's width, {width}.")
    if not 0 <= alpha < math.inf:
        raise UsageError(f"alpha is {alpha}, but must be ≥ 0 and finite.")
    limit = token_limit(slot.engine, tokenizer, prompt, max_tokens, stop)
    finish = Finish(tokenizer, stop, limit, extent)
    allowed = generable(slot.engine, tokenizer)

    def score(hypothesis: Hypothesis) -> float:
        return hypothesis.logprob / float(max(len(hypothesis.token_ids), 1) ** alpha)

    parents, beams = [0], [Partial((), 0.0, constraint)]
    best: list[Hypothesis] = []
    with Rows(slot, prompt, interrupt) as rows:
        while beams:
            try:
                logits = rows.read(parents, beams)
            except Interrupted:
                cut = [finish.cut(beam, interrupt) for beam in beams]
                return ranked([*best, *cut], score)[:n]
            found, going = _expand(beams, _scores(beams, logits, allowed), width, finish)
            best = ranked([*best, *found], score)[:n]
            if witness:
                witness.expanded([beam for _, beam in going], found)
            # A log-probability only falls, and no answer is longer than the limit: no score is above this.
            bound = max((beam.logprob for _, beam in going), default=-math.inf) / limit**alpha
            if len(best) == n and score(best[-1]) >= bound:
                break
            parents, beams = [parent for parent, _ in going], [beam for _, beam in going]
    return best


def _scores(beams: Sequence[Partial], logits: Logits, allowed: Mask) -> npt.NDArray[np.float64]:
    """Log-probability of each beam with each next token, `[beams, vocab]`; -inf where none may be."""
    scores = np.empty(logits.shape)
    for row, beam in enumerate(beams):
        scores[row] = beam.logprob + logprobs(logits[row], allowed)
        scores[row, ~beam.mask(allowed)] = -np.inf
    return scores


def _expand(
    beams: Sequence[Partial], scores: npt.NDArray[np.float64], width: int, finish: Finish
) -> tuple[list[Hypothesis], list[tuple[int, Partial]]]:
    """What finishes among the `width` best continuations; the `width` best others, with parents."""
    found: list[Hypothesis] = []
    going: list[tuple[int, Partial]] = []
    for rank, place in enumerate(_best_first(scores.ravel())):
        if rank >= width and (len(going) == width or len(beams[0].token_ids) + 1 == finish.limit):
            break
        parent, token = divmod(place, scores.shape[1])
        beam = beams[parent].extended(token, float(scores[parent, token]))
        finished = finish.of(beam)
        if finished is None and len(going) < width:
            going.append((parent, beam))
        elif finished is not None and rank < width:
            found.append(finished)
    return found, going


def _best_first(scores: npt.NDArray[np.float64]) -> Iterator[int]:
    """Places of the finite scores, the highest first, of equals the lower place.

    A block at a time is sorted, and most callers need only the first: a vocabulary is large.
    """
    drawn, block = 0, 64
    while drawn < len(scores):
        least = np.partition(scores, -block)[-block] if block < len(scores) else -np.inf
        places = np.flatnonzero((scores >= least) & (scores > -np.inf))
        order = places[np.argsort(-scores[places], kind="stable")]
        yield from order[drawn:].tolist()
        if least == -np.inf:
            return
        drawn, block = len(order), 16 * block
