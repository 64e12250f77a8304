import contextlib
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from codekiln.errors import UsageError
from codekiln.generate import CompletionRequest, collect, engine_completer, prefix_cache
from codekiln.generate.engine_completer import Answer, EngineCompleter, InTurn, Unbegun
from codekiln.generate.interrupt import NEVER
from codekiln.generate.speculation import StepCosts
from fakes import FakeEngine, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
REQUEST = CompletionRequest("def add(first, second):\n    return ", max_tokens=40)


def knowing(text: str) -> FakeEngine:
    """An engine that knows one text, and whatever part of it a prompt has, it goes on with the rest."""
    whole = TOKENIZER.encode(text)

    def after(row, _):
        said = TOKENIZER.decode([token for token in row if token != TOKENIZER.end])
        rest = TOKENIZER.encode(text[len(said) :]) if text.startswith(said) else whole
        logits = np.zeros(V, dtype=np.float32)
        logits[rest[0] if rest else TOKENIZER.end] = 9
        return logits

    return FakeEngine(after, V)


def typed(text: str, start: int):
    return [replace(REQUEST, prefix=text[:end], lines=1) for end in range(start, len(text))]


def test_typing_on_costs_few_steps_and_gives_what_a_fresh_engine_does(monkeypatch):
    monkeypatch.setattr(
        StepCosts, "of", lambda self, tokens: 1.0
    )  # whatever else this machine does
    text = "def add(first, second):\n    return first + second\n    print(first)\n"
    engine = knowing(text)
    completer = EngineCompleter(engine, TOKENIZER, heal=False)
    steps = plain_steps = 0
    for request in typed(text, 30):
        before = engine.steps
        answer = collect(completer, request)
        plain = knowing(text)
        fresh = collect(EngineCompleter(plain, TOKENIZER, heal=False), request)
        assert (answer.text, answer.finish_reason) == (fresh.text, fresh.finish_reason)
        assert text.startswith(request.prefix + answer.text)
        steps += engine.steps - before
        plain_steps += plain.steps
    assert engine.prefills == 1
    assert steps * 2 < plain_steps  # drafts have eight tokens, lines here up to twenty


def test_what_was_read_for_places_that_are_left_is_let_go(monkeypatch):
    engine = knowing("x")
    read = [weakref.ref(engine)]
    twin = FakeEngine.twin

    def remembered(self):
        made = twin(self)
        read.append(weakref.ref(made))
        return made

    monkeypatch.setattr(FakeEngine, "twin", remembered)
    completer = EngineCompleter(engine, TOKENIZER, heal=False)
    del engine
    for word in ("first", "second", "third", "first", "second"):
        collect(completer, replace(REQUEST, prefix=f"{word} " * 30))
    monkeypatch.setattr(prefix_cache, "IDLE", 0.0)
    collect(completer, replace(REQUEST, prefix="second " * 30))
    assert sum(bool((kept := one()) and kept.rows) for one in read) == prefix_cache.FEW


def test_an_answer_knows_what_of_it_is_left():
    answer = Answer("x = ", 4, "foo(bar)", [1, 2])
    assert answer.rest("x = ") == "foo(bar)"
    assert answer.rest("x = foo") == "(bar)"
    assert answer.rest("x = foo(bar)") == ""
    assert answer.rest("x = fo_") is None
    assert answer.rest("y = ") is None
    assert answer.rest("x =") is None
    assert answer.rest("x = x = ") is None
    deep = Answer("x = ", 1000, "foo(bar)", [1, 2])
    assert deep.rest("#" * 996 + "x = fo") == "o(bar)"
    assert deep.rest("#" * 995 + "x = fo") is None


def test_another_seed_or_temperature_is_not_bent_by_earlier_answers():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    for seed in range(4):
        request = replace(REQUEST, temperature=1.0, seed=seed)
        fresh = collect(EngineCompleter(rambling(V), TOKENIZER, heal=False), request)
        assert collect(completer, request).token_ids == fresh.token_ids


def test_a_prompt_may_be_bounded():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    long = replace(REQUEST, prefix="first\n" * 300)
    assert collect(completer, long).timings.prompt_tokens > 500
    for bound in (1, 50):
        bounded = collect(completer, replace(long, max_prompt_tokens=bound))
        assert 1 <= bounded.timings.prompt_tokens <= bound
    with pytest.raises(UsageError, match="may have 0 tokens"):
        completer.complete(replace(long, max_prompt_tokens=0))


def test_lines_and_block():
    text = "first\n        second\n    third\nfourth"
    for wanted, answer in (
        ({"lines": 1}, "first"),
        ({"lines": 2}, "first\n        second"),
        ({"block": True}, "first\n        second"),
        ({}, text),
    ):
        engine = saying(TOKENIZER.encode(text), V)
        found = collect(EngineCompleter(engine, TOKENIZER, heal=False), replace(REQUEST, **wanted))
        assert found.text == answer
        assert found.finish_reason == ("stop" if wanted else "end")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"lines": 0}, "lines is 0"),
        ({"lines": 1, "block": True}, "leave one of them out"),
        ({"deadline_ms": 0}, "deadline_ms is 0"),
        ({"deadline_ms": float("nan")}, "deadline_ms is nan"),
    ],
)
def test_contradictory_settings_are_refused_at_once(wrong, message):
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    with pytest.raises(UsageError, match=message):
        completer.complete(replace(REQUEST, **wrong))
    collect(completer, replace(REQUEST, lines=1, deadline_ms=60_000))


class Slow(FakeEngine):
    """Takes its time over every step."""

    def _read(self, ids):
        time.sleep(0.002 * ids.shape[1])
        return super()._read(ids)


def slow() -> Slow:
    return Slow(lambda row, _: np.eye(V, dtype=np.float32)[60], V, context=4000)


def test_after_the_deadline_the_answer_is_what_there_is():
    completer = EngineCompleter(slow(), TOKENIZER, heal=False)
    whole = collect(completer, replace(REQUEST, max_tokens=1000, deadline_ms=150))
    assert whole.finish_reason == "deadline"
    assert 0 < len(whole.token_ids) < 1000
    assert whole.text == TOKENIZER.decode(whole.token_ids)


def test_a_deadline_may_pass_before_the_first_token():
    completer = EngineCompleter(slow(), TOKENIZER, heal=False)
    long = replace(REQUEST, prefix="first\n" * 400, deadline_ms=30)
    whole = collect(completer, long)
    assert (whole.text, whole.token_ids, whole.finish_reason) == ("", (), "deadline")
    assert collect(completer, replace(long, deadline_ms=None, max_tokens=2)).token_ids == (60, 60)


def test_a_cancelled_request_makes_way_for_the_next():
    completer = EngineCompleter(slow(), TOKENIZER, heal=False)
    event = threading.Event()
    with ThreadPoolExecutor() as pool:
        long = pool.submit(
            collect,
            completer,
            replace(REQUEST, prefix="first\n" * 400, max_tokens=2000, cancelled=event),
        )
        time.sleep(0.05)
        following = pool.submit(collect, completer, replace(REQUEST, max_tokens=2))
        assert not following.done()
        event.set()
        assert long.result(timeout=30).finish_reason == "cancelled"
        assert following.result(timeout=30).token_ids == (60, 60)


def test_an_answer_that_nobody_waits_for_makes_way_too():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    chunks = completer.complete(REQUEST)
    next(chunks)
    chunks.close()
    assert collect(completer, REQUEST).token_ids


@pytest.mark.parametrize("searched", [{}, {"beams": 2}])
def test_who_waits_for_his_turn_hears_the_deadline_and_that_he_is_cancelled(searched):
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    waiting = replace(REQUEST, **searched, deadline_ms=20)
    event = threading.Event()
    event.set()
    with contextlib.closing(completer.complete(REQUEST)) as first:
        next(first)
        late = collect(completer, waiting)
        gone = collect(completer, replace(waiting, deadline_ms=None, cancelled=event))
    assert (late.token_ids, late.finish_reason) == ((), "deadline")
    assert (gone.token_ids, gone.finish_reason) == ((), "cancelled")
    assert collect(completer, replace(waiting, deadline_ms=60_000)).token_ids


@pytest.mark.parametrize(
    ("wanted", "waits", "lines"),
    [
        ({"line_deadline_ms": 60_000}, True, 1),
        ({"line_deadline_ms": 60_000}, False, 3),
        ({}, True, 3),  # who sets no deadline wants the whole
    ],
)
def test_an_answer_ends_with_its_line_where_others_wait(monkeypatch, wanted, waits, lines):
    monkeypatch.setattr(engine_completer, "SHARE", 0.0)
    text = "first\nsecond\nthird"
    completer = EngineCompleter(saying(TOKENIZER.encode(text), V), TOKENIZER, heal=False)
    chunks = completer.complete(replace(REQUEST, **wanted))
    said = next(chunks).text
    with ThreadPoolExecutor() as pool:
        if waits:
            pool.submit(collect, completer, REQUEST)
            until = time.monotonic() + 20
            while not completer.turns.wanted:
                assert time.monotonic() < until
        said += "".join(chunk.text for chunk in chunks)
    assert said == "\n".join(text.split("\n")[:lines])


def test_who_has_the_turn_does_not_wait_for_it():
    completer = EngineCompleter(rambling(V), TOKENIZER, heal=False)
    with completer.turns.turn(NEVER):
        answer = collect(InTurn(completer), REQUEST)
    assert answer.token_ids == collect(completer, REQUEST).token_ids
    with pytest.raises(UsageError, match="lines is 0"):
        InTurn(completer).complete(replace(REQUEST, lines=0))
    gone = collect(Unbegun("cancelled"), REQUEST)
    assert (gone.text, gone.finish_reason) == ("", "cancelled")


def test_two_callers_each_get_their_own_answer():
    text = "def add(first, second):\n    return first + second\n"
    completer = EngineCompleter(knowing(text), TOKENIZER, heal=False)
    requests = typed(text, 20) * 2
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda request: collect(completer, request).text, requests))
    for request, answer in zip(requests, answers, strict=True):
        assert text.startswith(request.prefix + answer)


def test_a_word_at_the_cursor_is_written_anew_and_not_shown_again():
    text = "def add(first, second):\n    return first + second"
    whole = TOKENIZER.encode(text)

    def after(row, _):  # knows the text by its own tokens alone, as a model does
        logits = np.full(V, -5, dtype=np.float32)
        said = [token for token in row if token != TOKENIZER.end]
        known = whole[: len(said)] == said and len(said) < len(whole)
        logits[whole[len(said)] if known else TOKENIZER.end] = 9
        return logits

    cut = text.index("second):") + 3  # within a word
    request = replace(REQUEST, prefix=text[:cut], max_tokens=60)
    assert TOKENIZER.encode(text[:cut]) != whole[: len(TOKENIZER.encode(text[:cut]))]
    healed = EngineCompleter(FakeEngine(after, V), TOKENIZER)
    assert collect(healed, request).text == text[cut:]
    assert collect(healed, request).text == text[cut:]  # also with its own answer as a draft
    longer = replace(request, prefix=text[: cut + 2])
    assert collect(healed, longer).text == text[cut + 2 :]
    plain = EngineCompleter(FakeEngine(after, V), TOKENIZER, heal=False)
    assert collect(plain, request).text != text[cut:]
