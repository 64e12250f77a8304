import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.engine_completer import EngineCompleter
from fakes import FakeEngine, leaving, rambling, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
REQUEST = CompletionRequest("def f(first):\n    return ", language="python", max_tokens=12)


def preferring(shares: dict[str, float]) -> FakeEngine:
    """An engine that answers with one of several texts, each with its probability."""
    ids = {tuple(TOKENIZER.encode(text)): share for text, share in shares.items()}

    def after(row, prompt):
        said = tuple(row[prompt:])
        logits = np.full(V, -30, dtype=np.float32)
        for answer, share in ids.items():
            if answer[: len(said)] == said:
                following = answer[len(said)] if len(answer) > len(said) else TOKENIZER.end
                logits[following] = np.logaddexp(logits[following], np.log(share))
        return logits

    return FakeEngine(after, V)


def test_beams_find_the_answer_that_is_likeliest_as_a_whole():
    engine = preferring({"f(a)": 0.3, "f(b)": 0.3, "first": 0.4})
    completer = EngineCompleter(engine, TOKENIZER, heal=False)
    assert collect(completer, replace(REQUEST, beams=4)).text == "first"


def test_of_several_answers_the_best_that_parses_is_taken():
    for choice in ({"beams": 3}, {"best_of": 12, "temperature": 1.0, "seed": 1}):
        completer = EngineCompleter(
            preferring({"first)": 0.6, "first": 0.4}), TOKENIZER, heal=False
        )
        assert collect(completer, replace(REQUEST, **choice)).text == "first"
        completer = EngineCompleter(
            preferring({"first)": 0.6, "first]": 0.4}), TOKENIZER, heal=False
        )
        assert collect(completer, replace(REQUEST, **choice)).text == "first)"  # none does


def test_a_search_ends_with_its_lines():
    completer = EngineCompleter(preferring({"first\n    second": 1.0}), TOKENIZER, heal=False)
    for choice in ({"beams": 2}, {"best_of": 2, "temperature": 1.0}):
        answer = collect(completer, replace(REQUEST, lines=1, **choice))
        assert (answer.text, answer.finish_reason) == ("first", "stop")


def test_after_a_search_the_slot_goes_on_as_if_there_had_been_none():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    plain = collect(completer, REQUEST)
    collect(completer, replace(REQUEST, beams=3))
    assert collect(completer, REQUEST).token_ids == plain.token_ids


CHOICES = ({"beams": 3}, {"best_of": 3, "temperature": 1.0})


@pytest.mark.parametrize("choice", CHOICES)
def test_a_caller_who_leaves_gets_what_there_is_and_frees_the_slot(choice):
    left = threading.Event()
    engine = leaving(rambling(V), left, 4)
    completer = EngineCompleter(engine, TOKENIZER, heal=False)
    answer = collect(completer, replace(REQUEST, max_tokens=500, cancelled=left, **choice))
    assert answer.finish_reason == "cancelled"
    assert 0 < len(answer.token_ids) <= 5
    assert engine.steps == 4
    left.clear()
    plain = collect(EngineCompleter(rambling(V), TOKENIZER, heal=False), REQUEST)
    again = collect(completer, REQUEST)
    assert again.token_ids == plain.token_ids
    assert engine.prefills == 1  # the prompt is still there


@pytest.mark.parametrize("choice", CHOICES)
def test_a_long_prompt_is_given_up_between_two_pieces(choice):
    left = threading.Event()
    engine = leaving(rambling(V, context=5000), left, 0)
    completer = EngineCompleter(engine, TOKENIZER, heal=False)
    request = replace(REQUEST, prefix="x = first\n" * 200, cancelled=left, **choice)
    answer = collect(completer, request)
    assert (answer.text, answer.token_ids, answer.finish_reason) == ("", (), "cancelled")
    assert (engine.prefills, engine.steps) == (1, 0)
    left.clear()
    fresh = EngineCompleter(rambling(V, context=5000), TOKENIZER, heal=False)
    assert collect(completer, request).token_ids == collect(fresh, request).token_ids


@pytest.mark.parametrize("choice", CHOICES)
def test_after_its_deadline_a_search_has_what_there_is(choice):
    def slowly(row, _):
        time.sleep(0.001)
        return table[row[-1]]

    table = np.random.default_rng(7).normal(scale=2, size=(V, V)).astype(np.float32)
    table[:, sorted(TOKENIZER.ends)] = -30
    completer = EngineCompleter(FakeEngine(slowly, V, 5000), TOKENIZER, heal=False)
    settings = {"max_tokens": 4000, "deadline_ms": 300, **choice}
    answer = collect(completer, replace(REQUEST, **settings))
    assert answer.finish_reason == "deadline"
    assert 0 < len(answer.token_ids) < 4000


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beams": 2, "best_of": 2}, "leave one of them out"),
        ({"beams": 2, "temperature": 1.0}, "leave the temperature at 0"),
        ({"best_of": 2}, "at temperature 0 all samples are equal"),
        ({"beams": 2, "deadline_ms": 0}, "deadline_ms is 0"),
        ({"beams": 0}, "width is 0"),
        ({"best_of": 0, "temperature": 1.0}, "n is 0"),
    ],
)
def test_contradictory_settings_are_refused(settings, message):
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    with pytest.raises(UsageError, match=message):
        collect(completer, replace(REQUEST, **settings))
    assert collect(completer, REQUEST).token_ids
