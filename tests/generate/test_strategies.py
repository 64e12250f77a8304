import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.errors import UsageError
from codekiln.generate.strategies import (
    Greedy,
    MinP,
    RepetitionPenalty,
    Sample,
    Sampling,
    Temperature,
    TopK,
    TopP,
    log_softmax,
    softmax,
    strategy_of,
)

NOTHING = np.array([], dtype=np.int64)
RNG = np.random.default_rng(0)

numbers = st.floats(-30, 30, width=32)
some_logits = st.lists(numbers | st.just(-math.inf), min_size=1, max_size=30).filter(
    lambda values: max(values) > -math.inf
)
shares = st.floats(0.01, 1)


def logits_of(values) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def logs(*probabilities) -> np.ndarray:
    return logits_of([math.log(p) for p in probabilities])


def kept(logits) -> set[int]:
    return {place for place, value in enumerate(logits.tolist()) if value > -math.inf}


def plain_softmax(values) -> list[float]:
    best = max(values)
    weights = [math.exp(value - best) for value in values]
    return [weight / math.fsum(weights) for weight in weights]


def nucleus(values, p) -> set[int]:
    probabilities = plain_softmax(values)
    chosen: set[int] = set()
    for place in sorted(range(len(values)), key=lambda i: (-values[i], i)):
        if chosen and math.fsum(probabilities[i] for i in chosen) >= p:
            break
        chosen.add(place)
    return chosen


@given(some_logits)
def test_log_softmax_is_the_plain_formula(values):
    result = log_softmax(logits_of(values))
    assert result.dtype == np.float64
    expected = plain_softmax(values)
    assert np.exp(result) == pytest.approx(expected, rel=1e-6, abs=1e-300)
    assert softmax(logits_of(values)).sum() == pytest.approx(1)


def test_log_softmax_is_exact_for_huge_and_far_logits():
    assert log_softmax(logits_of([3e38, 3e38])).tolist() == pytest.approx([-math.log(2)] * 2)
    assert log_softmax(logits_of([0, -1000])).tolist() == pytest.approx([0, -1000])


@given(some_logits, st.lists(st.integers(0, 29), max_size=20), st.floats(0.01, 100))
def test_repetition_penalty_by_loop(values, ids, penalty):
    seen = [i for i in ids if i < len(values)]
    expected = list(map(float, values))
    for i in set(seen):
        expected[i] = values[i] / penalty if values[i] > 0 else values[i] * penalty
    before = logits_of(values)
    after = RepetitionPenalty(penalty)(before, np.array(seen, dtype=np.int64))
    assert after.tolist() == pytest.approx(expected, rel=1e-5)
    assert before.tolist() == values  # the input stays


@given(some_logits, st.floats(0.05, 20))
def test_temperature_scales_the_distribution(values, t):
    after = Temperature(t)(logits_of(values), NOTHING)
    assert softmax(after) == pytest.approx(plain_softmax([v / t for v in values]), abs=1e-5)


@pytest.mark.parametrize("t", [0, 1e-45, 1e-310])
def test_at_temperature_zero_and_just_above_it_the_best_is_left(t):
    after = Temperature(t)(logits_of([1, 3, -math.inf, 2.9999]), NOTHING)
    assert softmax(after).tolist() == [0, 1, 0, 0]


def test_temperature_zero_takes_the_first_of_equals():
    assert kept(Temperature(0)(logits_of([1, 3, 3]), NOTHING)) == {1}


@given(some_logits, st.integers(1, 40))
def test_top_k_keeps_what_fewer_than_k_beat(values, k):
    expected = {
        i
        for i, value in enumerate(values)
        if value > -math.inf and sum(other > value for other in values) < k
    }
    after = TopK(k)(logits_of(values), NOTHING)
    assert kept(after) == expected
    assert all(after[i] == np.float32(values[i]) for i in expected)


def test_top_k_keeps_ties_with_the_last_and_may_exceed_the_vocabulary():
    assert kept(TopK(2)(logits_of([1, 3, 2, 2]), NOTHING)) == {1, 2, 3}
    assert kept(TopK(1)(logits_of([2, 2, 2]), NOTHING)) == {0, 1, 2}
    assert kept(TopK(9)(logits_of([1, 2]), NOTHING)) == {0, 1}


@given(some_logits, shares)
def test_top_p_is_the_smallest_set_that_reaches_p(values, p):
    before = logits_of(values)
    after = TopP(p)(before, NOTHING)
    probabilities = plain_softmax(values)
    inside = kept(after)
    mass = math.fsum(probabilities[i] for i in inside)
    assert mass >= p - 1e-9
    if p < 1:
        assert len(inside) == 1 or mass - min(probabilities[i] for i in inside) < p + 1e-9
        worst = min(values[i] for i in inside)
        assert all(i in inside for i, value in enumerate(values) if value > worst)
    assert int(np.argmax(before)) in inside


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (1e-300, {1}),
        (0.5, {1}),
        (0.55, {1, 3}),
        (0.8, {0, 1, 3}),
        (0.99, {0, 1, 2, 3}),
        (1, {0, 1, 2, 3}),
    ],
)
def test_top_p_by_sorting(p, expected):
    values = [math.log(x) for x in (0.2, 0.51, 0.05, 0.24)]
    assert nucleus(values, p) == expected
    assert kept(TopP(p)(logits_of(values), NOTHING)) == expected


def test_top_p_prefers_the_lower_of_equals():
    assert kept(TopP(0.6)(logits_of([0, 0, 0, 0]), NOTHING)) == {0, 1, 2}
    assert kept(TopP(1e-300)(logits_of([0] * 3), NOTHING)) == {0}


def test_top_p_agrees_with_sorting_on_a_large_vocabulary():
    values = np.random.default_rng(1).normal(scale=3, size=5000).astype(np.float32)
    for p in (0.1, 0.5, 0.9, 0.999):
        assert kept(TopP(p)(values, NOTHING)) == nucleus(values.tolist(), p)


@given(some_logits, st.floats(0, 1))
def test_min_p_by_loop(values, p):
    probabilities = plain_softmax(values)
    best = max(probabilities)
    inside = kept(MinP(p)(logits_of(values), NOTHING))
    for i, probability in enumerate(probabilities):
        if probability > p * best * (1 + 1e-9):
            assert i in inside
        if probability < p * best * (1 - 1e-9):
            assert i not in inside
    assert probabilities.index(best) in inside


def test_min_p_at_its_bounds():
    values = logits_of([0, 2, 1, 2])
    assert kept(MinP(0)(values, NOTHING)) == {0, 1, 2, 3}
    assert kept(MinP(1)(values, NOTHING)) == {1, 3}


@pytest.mark.parametrize(
    ("make", "wrong", "right"),
    [
        (RepetitionPenalty, (0, -1, math.inf, math.nan), (0.01, 1, 1.3, 100)),
        (Temperature, (-0.1, math.inf, math.nan), (0, 0.7, 5)),
        (TopK, (0, -1), (1, 50)),
        (TopP, (0, -0.1, 1.01, math.nan), (1e-9, 0.9, 1)),
        (MinP, (-0.1, 1.01, math.nan), (0, 0.05, 1)),
    ],
)
def test_bounds(make, wrong, right):
    for value in wrong:
        with pytest.raises(UsageError, match=rf"_?\w+ is .*{value}, but must be [≥>]"):
            make(value)
    for value in right:
        make(value)


def test_greedy_takes_the_first_best():
    assert Greedy().choose(logits_of([1, 4, 4, -math.inf]), RNG) == 1


def test_sample_draws_with_the_probabilities():
    probabilities = [0.5, 0.25, 0.15, 0.07, 0.03]
    logits = np.append(logs(*probabilities), np.float32(-np.inf))
    draws, rng = 20_000, np.random.default_rng(11)
    counts = np.bincount([Sample().choose(logits, rng) for _ in range(draws)], minlength=6)
    assert counts[5] == 0
    expected = np.array(probabilities) * draws
    # 18.47 is the 0.999 quantile of chi-square with four degrees of freedom.
    assert ((counts[:5] - expected) ** 2 / expected).sum() < 18.47


def test_sample_never_takes_a_removed_id_even_at_the_ends_of_the_uniform_range():
    class Fixed:
        def __init__(self, value):
            self.value = value

        def random(self):
            return self.value

    logits = logits_of([-math.inf, 0, -math.inf, 0.3, 0.1, -math.inf])
    assert Sample().choose(logits, Fixed(0.0)) == 1
    assert Sample().choose(logits, Fixed(math.nextafter(1, 0))) == 4


def test_settings_become_processors_in_the_usual_order():
    sampling = Sampling(temperature=0.8, top_k=40, top_p=0.9, min_p=0.1, repetition_penalty=1.1)
    strategy = strategy_of(sampling)
    assert strategy.processors == (
        RepetitionPenalty(1.1),
        Temperature(0.8),
        TopK(40),
        TopP(0.9),
        MinP(0.1),
    )
    assert strategy.chooser == Sample()
    assert strategy_of(Sampling()).chooser == Greedy()
    with pytest.raises(UsageError, match="top_p is 2"):
        strategy_of(Sampling(top_p=2))


@given(some_logits, st.integers(1, 30), shares, shares, st.floats(0, 2))
def test_a_strategy_always_leaves_something_to_choose(values, k, p, m, t):
    strategy = strategy_of(Sampling(t, k, p, m, 1.2))
    seen = np.arange(len(values))
    assert values[strategy.choose(logits_of(values), seen, RNG)] > -math.inf


def test_the_penalty_changes_what_greedy_takes():
    strategy = strategy_of(Sampling(repetition_penalty=2))
    logits = logits_of([1, 3, 2])
    assert strategy.choose(logits, NOTHING, RNG) == 1
    assert strategy.choose(logits, np.array([1]), RNG) == 2
