"""One answer out of several: by beams or by sampling, and of those the best that parses."""

from collections.abc import Sequence

from codekiln.generate.completer import CompletionRequest
from codekiln.generate.constraints.constraint import Constraint
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.beam import beam_search
from codekiln.generate.search.best_of import best_of
from codekiln.generate.search.hypotheses import Hypothesis
from codekiln.generate.strategies import Strategy
from codekiln.generate.verify import verify
from codekiln.languages import languages
from codekiln.tokenizer import Tokenizer


def search(
    slot: Slot,
    tokenizer: Tokenizer,
    request: CompletionRequest,
    prompt: Sequence[int],
    strategy: Strategy,
    constraint: Constraint | None,
    interrupt: Interrupt,
) -> Hypothesis:
    """The first by score whose whole text is verified, or else the first.

    An index is not mixed in: the scores are the model's own. The slot holds the prompt afterwards. After
    a deadline or when it is cancelled, it is the first of what there is, finished or not.

    Raises:
        UsageError: `beams` or `best_of` is below 1.
    """
    if request.beams is not None:
        found = beam_search(
            slot,
            tokenizer,
            prompt,
            width=request.beams,
            n=request.beams,
            max_tokens=request.max_tokens,
            stop=request.stop,
            extent=request.extent,
            constraint=constraint,
            interrupt=interrupt,
            witness=request.witness,
        )
    else:
        found = best_of(
            slot,
            tokenizer,
            prompt,
            strategy=strategy,
            n=1 if request.best_of is None else request.best_of,
            max_tokens=request.max_tokens,
            stop=request.stop,
            extent=request.extent,
            seed=request.seed,
            constraint=constraint,
            interrupt=interrupt,
        )
    answer = _first(found, request, interrupt)
    if request.witness:
        request.witness.settled(answer)
    return answer


def _first(
    found: Sequence[Hypothesis], request: CompletionRequest, interrupt: Interrupt
) -> Hypothesis:
    for one in found:
        if interrupt.reason():
            break
        if _parses(request, one.text):
            return one
    return found[0]


def _parses(request: CompletionRequest, text: str) -> bool:
    language = languages().get(request.language)
    verified = verify(request.prefix, text, request.suffix, language)
    return verified.state == "verified" and verified.text == text
