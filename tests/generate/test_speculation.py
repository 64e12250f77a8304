from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.generate import Guides, Sampling, decode, strategy_of
from codekiln.generate.prefix_cache import Slot
from codekiln.generate.speculation import (
    LONGEST,
    Draft,
    FromAnswer,
    FromAnswers,
    FromMatches,
    HitRates,
    Speculation,
    StepCosts,
)
from codekiln.index import NO_MATCH, Match
from fakes import FakeEngine, saying, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
V = TOKENIZER.vocabulary_size
PROMPT = [0, 50, 51]


def wandering(context: int = 1000) -> FakeEngine:
    """An engine with random logits that depend on the last id alone, and that never wants to end."""
    table = np.random.default_rng(7).normal(scale=2.0, size=(V, V)).astype(np.float32)
    table[:, TOKENIZER.end] = -50
    return FakeEngine(lambda row, _: table[row[-1]], V, context)


class Proposing:
    """Drafts by a function of the context, all of one kind."""

    def __init__(self, ids):
        self.ids = ids

    def propose(self, context):
        return Draft(tuple(self.ids(context)[:LONGEST]), ("given", 0))


class Eager(Speculation):
    """Reads every draft whole, whatever it costs."""

    def _length(self, draft, pending):
        return len(draft.ids)


def ran(engine, *sources, sampling=Sampling(), seed=0, max_tokens=40, speculation=None):  # noqa: B008
    slot = Slot(engine)
    slot.prime(PROMPT)
    guides = Guides(sources=sources, speculation=speculation or Eager())
    steps = decode(
        slot,
        TOKENIZER,
        PROMPT,
        strategy=strategy_of(sampling),
        max_tokens=max_tokens,
        seed=seed,
        guides=guides,
    )
    return [step.token for step in steps]


def future(engine_of, **settings):
    """A source that always knows what comes."""
    whole = PROMPT + ran(engine_of(), **settings)
    return Proposing(lambda context: whole[len(context) :])


SETTINGS = [
    {},
    {"sampling": Sampling(temperature=1.0)},
    {"sampling": Sampling(temperature=0.8, top_k=20, repetition_penalty=1.2), "seed": 5},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize(
    "hostile",
    [
        lambda context: [60] * LONGEST,
        lambda context: [context[-1]] * 3,
        lambda context: [TOKENIZER.end] * 2,
        lambda context: [V - 1, 50][: len(context) % 3],
    ],
)
def test_wrong_drafts_change_nothing(settings, hostile):
    plain = ran(wandering(), **settings)
    assert ran(wandering(), Proposing(hostile), **settings) == plain
    assert len(set(plain)) > 5


@pytest.mark.parametrize("settings", SETTINGS)
def test_right_drafts_change_nothing_and_save_steps(settings):
    plain_engine, engine = wandering(), wandering()
    plain = ran(plain_engine, **settings)
    assert ran(engine, future(wandering, **settings), **settings) == plain
    assert engine.steps * 4 < plain_engine.steps


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(40, 70), max_size=LONGEST), min_size=1, max_size=9),
    st.integers(0, 3),
)
def test_any_drafts_change_nothing(drafts, seed):
    sampling = Sampling(temperature=1.0, top_k=3)
    source = Proposing(lambda context: drafts[len(context) % len(drafts)])
    assert ran(wandering(), source, sampling=sampling, seed=seed, max_tokens=15) == ran(
        wandering(), sampling=sampling, seed=seed, max_tokens=15
    )


def test_a_sample_keeps_its_distribution():
    table = np.array([0.5, 0.3, 0.15, 0.05])

    def after(row, _):
        logits = np.full(V, -np.inf, dtype=np.float32)
        logits[[60, 61, 62, 63]] = np.log(np.roll(table, row[-1] % 4))
        return logits

    counts = Counter()
    source = Proposing(lambda context: [61, 62, 60])
    for seed in range(2000):
        tokens = ran(
            FakeEngine(after, V),
            source,
            sampling=Sampling(temperature=1.0),
            seed=seed,
            max_tokens=2,
        )
        counts[tuple(tokens)] += 1
    first = np.roll(table, PROMPT[-1] % 4)
    for place, share in enumerate(first):
        for other, next_share in enumerate(np.roll(table, (60 + place) % 4)):
            expected = 2000 * share * next_share
            # six standard deviations: 16 pairs, one seed after the other, always the same numbers
            assert abs(counts[60 + place, 60 + other] - expected) < 6 * np.sqrt(expected) + 1


def test_the_context_is_never_exceeded_by_a_draft():
    def full():
        return wandering(12)

    assert ran(full(), Proposing(lambda _: [60] * 8)) == ran(full())


def test_an_answer_over_in_the_middle_of_a_draft_leaves_a_slot_that_can_go_on():
    text = TOKENIZER.encode("return first")
    engine = saying(text, V)
    slot = Slot(engine)
    slot.prime(PROMPT)
    source = Proposing(lambda context: [*text, 0, 60, 61][len(context) - 3 :])
    steps = decode(
        slot,
        TOKENIZER,
        PROMPT,
        strategy=strategy_of(Sampling()),
        max_tokens=50,
        guides=Guides(sources=(source,)),
    )
    assert [step.token for step in steps][-1] == TOKENIZER.end
    assert slot.ids == engine.rows[0]


def test_drafts_that_do_not_pay_are_not_read():
    engine = wandering()
    speculation = Speculation()
    ran(engine, Proposing(lambda _: [60] * 8), max_tokens=300, speculation=speculation)
    read = engine.steps
    ran(engine, Proposing(lambda _: [60] * 8), max_tokens=100, speculation=speculation)
    assert speculation.rates.of(("given", 0)) < 0.05
    assert engine.steps - read >= 99 - 1  # one token a step, as without drafts


def test_the_length_follows_costs_and_rates():
    def length(rate, cost):
        speculation = Speculation()
        speculation.rates.note(("given", 0), round(480 * rate), missed=False)
        for _ in range(round(48 * (1 - rate))):
            speculation.rates.note(("given", 0), 0, missed=True)
        for tokens in range(1, 20):
            speculation.costs.note(tokens, cost(tokens))
        return speculation.draft([Proposing(lambda _: [1] * 8)], PROMPT, 1)[1]

    assert length(1.0, lambda tokens: 1.0) == 8
    assert length(1.0, lambda tokens: float(tokens)) == 0
    assert length(0.1, lambda tokens: 1 + 0.5 * tokens) == 0
    assert 0 < length(0.7, lambda tokens: 1 + 0.1 * tokens) < 8
    assert length(1.0, lambda tokens: 1.0 if tokens < 4 else 50.0) == 2


def test_costs_are_medians_and_sizes_never_seen_are_guessed():
    costs = StepCosts()
    assert costs.of(9) > costs.of(1) > 0
    for milliseconds in (10, 11, 500):
        costs.note(1, milliseconds)
    assert costs.of(1) == 11
    assert 11 < costs.of(5) < costs.of(9) < 50


def test_within_a_stride_of_the_engine_tokens_cost_the_same():
    costs = StepCosts(stride=8)
    costs.note(3, 10)
    assert costs.of(1) == costs.of(8) == 10
    assert costs.of(9) > 10
    costs.note(16, 30)
    assert costs.of(9) == 30


def test_hit_rates_move_with_what_was_seen():
    rates = HitRates()
    before = rates.of(("index", 3))
    rates.note(("index", 3), 0, missed=True)
    assert rates.of(("index", 3)) < before == rates.of(("index", 4))


class Matching:
    def __init__(self, length, ids):
        self.length, self.ids = length, ids

    def match(self, context):
        return Match(self.length, 1, np.array([1]), np.array([1])) if self.length else NO_MATCH

    def draft(self, context, n):
        return self.ids[:n]


def test_drafts_from_matches_are_told_apart_by_length():
    long, short = (
        FromMatches("index", Matching(length, [5, 6])).propose([1]) for length in (20, 2)
    )
    assert long.ids == short.ids == (5, 6)
    assert long.kind != short.kind
    assert FromMatches("index", Matching(0, [5])).propose([1]) is None
    assert FromMatches("index", Matching(3, [])).propose([1]) is None
    assert len(FromMatches("index", Matching(3, [5] * 40)).propose([1]).ids) == LONGEST


def test_the_rest_of_an_answer_goes_on_behind_a_token_that_differs_but_not_behind_two():
    source = FromAnswer([5, 6, 7, 8, 9], 2)
    assert source.propose([1, 2]).ids == (5, 6, 7, 8, 9)
    assert source.propose([1, 2, 5]).ids == (6, 7, 8, 9)
    surprised = source.propose([1, 2, 99])
    assert surprised.ids == (6, 7, 8, 9)
    assert surprised.kind != source.propose([1, 2, 5]).kind
    assert source.propose([1, 2, 5, 99, 7]).ids == (8, 9)
    assert source.propose([1, 2, 99, 98]) is None
    assert source.propose([1, 2, 5, 6, 7, 8, 9]) is None


def test_what_earlier_answers_said_behind_the_last_ids():
    source = FromAnswers([[5, 6, 7, 8], [1, 6, 9]])
    assert source.propose([0, 5, 6]).ids == (7, 8)
    assert source.propose([0, 1, 6]).ids == (9,)  # of two ids rather than of one
    assert source.propose([0, 2, 6]).ids == (7, 8)
    assert source.propose([0, 2, 6]).kind != source.propose([0, 5, 6]).kind
    assert source.propose([0, 8]) is None  # nothing behind it
    assert source.propose([0, 3]) is None
