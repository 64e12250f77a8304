"""The numbers told of an answer are those of the run: an engine asked anew, one token at a time, agrees."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from codekiln.apps.explain import Recorder, explained
from codekiln.apps.suggest import suggest
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from codekiln.index import Index, Origin
from fakes import rambling, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
LEARNED = "def zebra(first, second):\n    return quagga(second, first)\n"
REQUEST = CompletionRequest("def zebra(first, second):\n    retu", max_tokens=16, language="python")


def index():
    return Index.of(TOKENIZER, [TOKENIZER.encode(LEARNED)], [Origin("mine", "a.py", licence="MIT")])


def explain(request=REQUEST, *, heal=False, mix=True, known=None):
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=heal, mix=mix, index=known)
    recorder = Recorder(TOKENIZER)
    found = suggest(completer, replace(request, witness=recorder), index=known)
    return explained(recorder, request, found), found.completion


def model_probabilities(ids):
    """What the engine says after some ids, of the tokens that may be generated at all."""
    logits = rambling(V).prefill(np.array([ids], dtype=np.int64))[0].astype(np.float64)
    may = [*TOKENIZER.text_ids, *TOKENIZER.ends]
    exponentials = np.exp(logits - logits.max())
    probabilities = np.zeros(V)
    probabilities[may] = exponentials[may] / exponentials[may].sum()
    return probabilities


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("known", [None, index()])
def test_the_models_probabilities_are_the_engines(known, temperature):
    facts, _ = explain(replace(REQUEST, temperature=temperature), known=known)
    assert len(facts.chosen) == 16
    for place, one in enumerate(facts.chosen, start=len(facts.prompt)):
        wanted = model_probabilities(facts.ids[:place])
        assert one.model == pytest.approx(wanted[one.token.id], rel=1e-5)
        for other in one.alternatives:
            assert other.model == pytest.approx(wanted[other.token.id], rel=1e-5)


def test_alternatives_are_the_eight_best_and_the_first_is_taken():
    facts, _ = explain(mix=False)
    for place, one in enumerate(facts.chosen, start=len(facts.prompt)):
        wanted = model_probabilities(facts.ids[:place])
        best = np.argsort(-wanted, kind="stable")[:8].tolist()
        assert [other.token.id for other in one.alternatives] == best
        assert one.token.id == best[0]


def test_the_mixture_is_what_model_and_matches_say_by_their_shares():
    facts, _ = explain(known=index())
    assert any(one.voices for one in facts.chosen)
    for one in facts.chosen:
        assert one.model_share + sum(voice.share for voice in one.voices) == pytest.approx(1)
        for other in one.alternatives:
            said = [
                voice.share * follower.probability
                for voice in one.voices
                for follower in voice.followers
                if follower.token.id == other.token.id
            ]
            assert other.mixed == pytest.approx(one.model_share * other.model + sum(said), rel=1e-4)
            if other.token.id == one.token.id:
                assert (one.model, one.mixed) == (other.model, other.mixed)


def test_the_probability_is_that_of_the_completion():
    for heal, temperature in itertools.product((False, True), (0.0, 1.0)):
        facts, completion = explain(replace(REQUEST, temperature=temperature), heal=heal)
        told = [math.log(one.probability) for one in facts.chosen]
        assert told == pytest.approx(completion.logprobs, abs=1e-4)
        assert tuple(one.token.id for one in facts.chosen) == completion.token_ids


def test_what_a_constraint_leaves_is_told_apart_from_what_the_model_said():
    facts, _ = explain(heal=True, mix=False)
    first = facts.chosen[0]
    assert facts.overlap == len(" retu") == sum(one.repeats for one in facts.chosen)
    assert sum(other.probability for other in first.alternatives) == pytest.approx(1, abs=1e-5)
    assert first.model < first.probability
    assert all(" retu".startswith(other.token.text[:5]) for other in first.alternatives)


def test_a_witness_changes_nothing():
    for heal, temperature, beams in ((True, 0.0, None), (True, 1.0, None), (False, 0.0, 3)):
        request = replace(REQUEST, temperature=temperature, beams=beams)
        plain, watched = (
            collect(
                EngineCompleter(rambling(V), TOKENIZER, heal=heal, mix=True, index=index()),
                replace(request, witness=witness),
            )
            for witness in (None, Recorder(TOKENIZER))
        )
        assert plain.text == watched.text
        assert plain.token_ids == watched.token_ids
        assert plain.logprobs == watched.logprobs


@pytest.mark.parametrize("heal", [False, True])
def test_the_tokens_that_are_kept_reach_to_the_end_of_what_is_shown(heal):
    recorder = Recorder(TOKENIZER)
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=heal)
    found = suggest(completer, replace(REQUEST, witness=recorder))
    whole = found.completion.text
    for length in range(len(whole) + 1):
        verified = replace(found.verified, text=whole[:length])
        facts = explained(recorder, REQUEST, replace(found, verified=verified))
        ids = [one.token.id for one in facts.chosen]
        shown = recorder.overlap + len(whole[:length].encode())
        sizes = list(itertools.accumulate(len(TOKENIZER.bytes_of(token)) for token in ids))
        assert facts.kept == sum(before < shown for before in [0, *sizes[:-1]])
        assert facts.kept or not shown


def test_passages_count_in_what_is_shown():
    recorder = Recorder(TOKENIZER)
    completer = EngineCompleter(rambling(V), TOKENIZER)
    found = suggest(completer, replace(REQUEST, witness=recorder))
    verified = replace(found.verified, text="rn quagga(second, first)")
    from codekiln.apps.suggest import _passages

    passages = _passages(found.before, verified.text, index(), None)
    facts = explained(recorder, REQUEST, replace(found, verified=verified, passages=passages))
    (passage,) = facts.passages
    assert facts.shown[passage.start : passage.end] == passage.text
    assert passage.text in LEARNED
    assert (passage.places[0].licence, passage.places[0].path) == ("MIT", "a.py")


def test_the_clock_counts_the_parts_once():
    ticks = itertools.count()
    recorder = Recorder(TOKENIZER, clock=lambda: next(ticks) / 1000)
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False, mix=True)
    completion = collect(completer, replace(REQUEST, max_tokens=3, witness=recorder))
    assert len(completion.token_ids) == 3
    # One tick from the last call to each next one; the recorder's own ticks are of no part.
    assert recorder.milliseconds["prompt"] == pytest.approx(1)
    assert recorder.milliseconds["reading"] == pytest.approx(1)
    assert recorder.milliseconds["writing"] == pytest.approx(2)
    assert recorder.milliseconds["index"] == pytest.approx(3)
    assert recorder.milliseconds["choice"] == pytest.approx(3)


def test_hidden_characters_have_a_stand_in():
    facts, _ = explain(replace(REQUEST, prefix="x = '\u202e'\nretu"))
    assert "\u202e" not in facts.prefix
    assert "U+202E" in facts.prefix
