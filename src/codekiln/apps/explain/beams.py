"""The tree of a beam search: every beginning that was kept for a step, and what became of it."""

import math
from dataclasses import replace

from codekiln.apps.explain.facts import BeamTree, Fate, Node, token_of
from codekiln.apps.explain.recorder import Recorder
from codekiln.generate import Completer, CompletionRequest, collect
from codekiln.generate.search import mean_logprob
from codekiln.tokenizer import Tokenizer

Ids = tuple[int, ...]


def beam_tree(
    completer: Completer, tokenizer: Tokenizer, request: CompletionRequest, width: int
) -> BeamTree | None:
    """The search for the likeliest answer to a request; None where it was cancelled before its first step.

    Errors are those of the completer. An index has no say in a search, so the answer may be another than
    the one that was written token by token.
    """
    recorder = Recorder(tokenizer)
    collect(completer, replace(request, beams=width, best_of=None, witness=recorder))
    return tree(recorder, width)


def tree(recorder: Recorder, width: int) -> BeamTree | None:
    """The tree of the search that was recorded."""
    answer = recorder.answer
    logprobs: dict[Ids, float] = {(): 0.0}
    finished: set[Ids] = set()
    for going, found in recorder.expansions:
        logprobs |= {beam.token_ids: beam.logprob for beam in going}
        logprobs |= {one.token_ids: one.logprob for one in found}
        finished |= {one.token_ids for one in found}
    if answer is None or answer.token_ids not in logprobs or not answer.token_ids:
        return None
    went_on = {ids[:-1] for ids in logprobs if ids}

    def fate(ids: Ids) -> Fate:
        if ids == answer.token_ids:
            return "answer"
        if ids in finished:
            return "finished"
        return "went on" if ids in went_on else "cut"

    numbers: dict[Ids, int] = {}
    nodes: list[Node] = []
    for ids, logprob in logprobs.items():
        if ids:
            numbers[ids] = len(nodes)
            probability = math.exp(logprob - logprobs[ids[:-1]])
            token = token_of(recorder.tokenizer, ids[-1])
            nodes.append(Node(numbers.get(ids[:-1]), token, logprob, probability, fate(ids)))
    return BeamTree(
        width, tuple(nodes), numbers[answer.token_ids], answer.text, mean_logprob(answer)
    )
