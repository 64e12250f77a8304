import threading
import time

import numpy as np
import pytest

from codekiln.errors import ModelError, UsageError
from codekiln.generate import Sampling, generate, strategy_of
from codekiln.generate.constraints.healing import Healing, Pieces
from codekiln.generate.interrupt import Interrupt
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.search.best_of import best_of, mean_logprob, samples
from fakes import FakeEngine, leaving, rambling, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
PROMPT = [0, 50, 51]
WARM = strategy_of(Sampling(temperature=0.8, top_k=40, repetition_penalty=1.2))


def sample(engine, **options):
    fine = {"strategy": WARM, "n": 8, "max_tokens": 12, "seed": 3}
    return best_of(Slot(engine), TOKENIZER, PROMPT, **(fine | options))


def singly(seed, **options):
    """The same by the loop for one answer."""
    steps = list(
        generate(rambling(V), TOKENIZER, PROMPT, strategy=WARM, max_tokens=12, seed=seed, **options)
    )
    tokens = tuple(step.token for step in steps)
    text = "".join(step.text for step in steps)
    return text, tokens, sum(step.logprob for step in steps), steps[-1].finish_reason


@pytest.mark.parametrize("stop", [(), ("e",), ("\n", "in")])
def test_sample_i_is_the_answer_of_one_run_with_seed_plus_i(stop):
    found = sample(rambling(V), stop=stop)
    expected = {answer[0]: answer for answer in (singly(3 + i, stop=stop) for i in range(8))}
    assert len(found) == len(expected) > 1
    for answer in found:
        _, tokens, logprob, reason = expected[answer.text]
        assert (answer.token_ids, answer.finish_reason) == (tokens, reason)
        assert answer.logprob == pytest.approx(logprob)


def test_rows_end_at_different_times():
    lengths = {len(answer.token_ids) for answer in sample(rambling(V), n=12, stop=("e",))}
    assert len(lengths) > 2


def test_more_samples_leave_the_first_ones_as_they_were():
    few = {answer.text for answer in sample(rambling(V), n=3)}
    assert few <= {answer.text for answer in sample(rambling(V), n=9)}


def test_the_highest_mean_comes_first():
    means = [mean_logprob(answer) for answer in sample(rambling(V), stop=("e",))]
    assert means == sorted(means, reverse=True)
    assert len(set(means)) > 1


def test_any_score_may_rank():
    found = sample(rambling(V), score=lambda answer: answer.text.count("e") - len(answer.text))
    scores = [answer.text.count("e") - len(answer.text) for answer in found]
    assert scores == sorted(scores, reverse=True)


def test_equal_texts_are_one_answer_and_the_better_tokens_stay():
    """`in` as one token or as two letters: the same text, of which the longer has the better mean."""
    (i,), (n,), (both,) = map(TOKENIZER.encode, ("i", "n", "in"))
    chances = {51: {both: 0.5, i: 0.5}, i: {n: 1.0}}

    def after(row, _):
        logits = np.full(V, -np.inf, dtype=np.float32)
        for token, p in chances.get(row[-1], {TOKENIZER.end: 1.0}).items():
            logits[token] = np.log(p)
        return logits

    (answer,) = sample(FakeEngine(after, V), n=20, strategy=strategy_of(Sampling(temperature=1.0)))
    assert answer.text == "in"
    assert answer.token_ids == (i, n, TOKENIZER.end)


def test_greedy_samples_are_all_the_same():
    (answer,) = sample(saying([60, 61], V), strategy=strategy_of(Sampling()))
    assert answer.token_ids == (60, 61, TOKENIZER.end)
    assert answer.finish_reason == "end"


def test_the_prompt_is_read_once_and_alone_stays_in_the_engine():
    engine = rambling(V)
    sample(engine, n=5)
    assert (engine.prefills, engine.steps) == (1, 11)
    assert engine.rows == [PROMPT]


def test_a_constraint_holds_for_every_sample_and_its_text_is_not_shown():
    found = sample(rambling(V), constraint=Healing(Pieces(TOKENIZER), b" re"))
    assert len(found) > 1
    for answer in found:
        data = b"".join(map(TOKENIZER.bytes_of, answer.token_ids))
        assert data.startswith(b" re")
        assert answer.text == data[3:].decode(errors="replace")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"stop": ("",)}, "stop string is empty"),
    ],
)
def test_what_is_out_of_bounds_is_refused(options, message):
    engine = rambling(V)
    with pytest.raises(UsageError, match=message):
        sample(engine, **options)
    assert engine.prefills == 0


@pytest.mark.parametrize(
    ("engine", "error", "message"),
    [
        (rambling(V, context=3), UsageError, "The prompt has 3 tokens"),
        (rambling(V - 1), ModelError, "use the tokenizer"),
        (FakeEngine(lambda *_: np.full(V, np.nan), V), ModelError, "no numbers"),
    ],
)
def test_an_engine_that_does_not_fit_is_refused(engine, error, message):
    assert sample(rambling(V, context=4))
    with pytest.raises(error, match=message):
        sample(engine)


@pytest.mark.parametrize("steps", [1, 4, 8])
def test_an_interrupted_search_has_the_samples_so_far(steps):
    left = threading.Event()
    engine = leaving(rambling(V), left, steps)
    found = sample(engine, stop=("e",), interrupt=Interrupt(None, left))
    assert (engine.prefills, engine.steps) == (1, steps)
    assert engine.rows == [PROMPT]
    whole = {
        tokens: reason for _, tokens, _, reason in (singly(3 + i, stop=("e",)) for i in range(8))
    }
    for answer in found:
        if answer.finish_reason == "cancelled":
            assert len(answer.token_ids) == steps + 1
            assert any(tokens[: steps + 1] == answer.token_ids for tokens in whole)
            assert answer.text == TOKENIZER.decode(answer.token_ids)
        else:
            assert whole[answer.token_ids] == answer.finish_reason
    assert "cancelled" in {answer.finish_reason for answer in found}


def test_a_search_whose_time_is_over_before_it_began_is_empty():
    engine = rambling(V)
    (answer,) = sample(engine, interrupt=Interrupt(time.monotonic()))
    assert (answer.text, answer.token_ids, answer.finish_reason) == ("", (), "deadline")
    assert engine.prefills == 0


def test_samples_stand_in_order_and_equal_ones_stay():
    def found(strategy, n):
        slot = Slot(rambling(V))
        return samples(slot, TOKENIZER, PROMPT, strategy=strategy, n=n, max_tokens=12, seed=3)

    assert len({answer.text for answer in found(strategy_of(Sampling()), 3)}) == 1
    assert [answer.text for answer in found(WARM, 8)] == [singly(3 + i)[0] for i in range(8)]
