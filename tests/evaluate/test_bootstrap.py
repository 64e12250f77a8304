"""The bootstrap against what is known: the binomial's interval, and scipy's own."""

import math

import numpy as np
import pytest

from codekiln.evaluate.bootstrap import estimate, paired


def coins(n, p, seed):
    return [(float(x), 1.0) for x in np.random.default_rng(seed).random(n) < p]


def test_a_share_has_the_binomials_interval():
    figures = coins(2000, 0.3, 1)
    found = estimate(figures, range(2000))
    share = sum(a for a, _ in figures) / 2000
    width = 1.96 * math.sqrt(share * (1 - share) / 2000)
    assert found.value == pytest.approx(share)
    assert found.low == pytest.approx(share - width, abs=0.003)
    assert found.high == pytest.approx(share + width, abs=0.003)


def test_a_ratio_of_sums_has_scipys_interval():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(2)
    of = rng.integers(1, 40, 300).astype(float)
    amount = of * rng.random(300)
    peer = stats.bootstrap(
        (amount, of),
        lambda a, w, axis=-1: a.sum(axis) / w.sum(axis),
        paired=True,
        method="percentile",
        n_resamples=4000,
        rng=rng,
    ).confidence_interval
    found = estimate(list(zip(amount, of, strict=True)), range(300))
    assert found.value == pytest.approx(amount.sum() / of.sum())
    assert (found.low, found.high) == pytest.approx((peer.low, peer.high), abs=0.006)


def test_lines_of_one_file_are_drawn_together():
    figures = [pair for pair in coins(50, 0.5, 3) for _ in range(40)]  # 40 lines are as one
    files = [n // 40 for n in range(2000)]
    alone, together = estimate(figures, range(2000)), estimate(figures, files)
    assert together.value == alone.value
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(
        math.sqrt(40), rel=0.15
    )


def test_pairs_tell_more_than_two_intervals():
    first = coins(400, 0.5, 4)
    second = [(max(a - (n % 10 == 0), 0.0), 1.0) for n, (a, _) in enumerate(first)]
    found = paired(first, second, range(400))
    lost = sum(a for a, _ in first) - sum(a for a, _ in second)
    assert found.difference.value == pytest.approx(lost / 400)
    assert 0 < found.difference.low < lost / 400 < found.difference.high < 0.1
    assert found.ratio.low > 1
    assert found.chance < 0.01
    overlap = estimate(first, range(400)).low < estimate(second, range(400)).high
    assert overlap


def test_the_same_twice_is_no_difference():
    first = coins(100, 0.5, 5)
    found = paired(first, first, range(100))
    assert found.difference == (0, 0, 0)
    assert found.ratio == (1, 1, 1)
    assert found.chance == 1


def test_a_few_that_agree_may_do_so_by_chance():
    """As heads of so many coins: four say nothing at 10 %, five do, six do at 5 %."""
    better, worse = [(2.0, 1.0)] * 8, [(1.0, 1.0)] * 8
    for count, chance in ((1, 1), (4, 1 / 8), (5, 1 / 16), (6, 1 / 32)):
        found = paired(better[:count], worse[:count], range(count))
        assert found.difference.low > 0
        assert found.chance == chance
        assert (found.is_more, found.is_less) == (count > 5, False)
    assert paired(worse[:6], better[:6], range(6)).is_less
    assert paired(better, worse, [0] * 8).chance == 1  # what is drawn together counts once


def test_nothing_to_divide_by():
    found = paired([(1, 1)] * 20, [(0, 1)] * 20, range(20))
    assert found.ratio.value == math.inf
    assert found.difference == (1, 1, 1)
    assert math.isnan(estimate([(0, 0)] * 5, range(5)).low)


def test_a_seed_gives_the_same_again():
    figures = coins(100, 0.5, 6)
    assert estimate(figures, range(100), 1) == estimate(figures, range(100), 1)
    assert estimate(figures, range(100), 1) != estimate(figures, range(100), 2)
