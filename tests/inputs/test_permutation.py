"""The keyed permutation: one-to-one for every n, and as good as shuffled."""

import numpy as np
import pytest

from codekiln.inputs import permute


def test_it_is_one_to_one_for_every_small_n():
    for n in range(1, 2001):
        found = permute(np.arange(n), n, n % 7, n % 3)
        assert np.array_equal(np.sort(found), np.arange(n))


@pytest.mark.parametrize("n", [2**16, 2**16 + 1, 100_003, 2**18 - 1])
def test_it_is_one_to_one_for_large_n(n):
    assert np.array_equal(np.sort(permute(np.arange(n), n, 1, 2)), np.arange(n))


@pytest.mark.parametrize("n", [10**9 + 7, 2**40 + 1, 2**62 - 57])
def test_no_two_of_a_sample_of_a_huge_n_meet(n):
    positions = np.unique(np.random.default_rng(0).integers(0, n, 50_000))
    found = permute(positions, n, 5, 0)
    assert len(set(found.tolist())) == len(positions)
    assert found.min() >= 0
    assert found.max() < n
    neighbours = permute(np.arange(50_000), n, 5, 0)
    assert len(set(neighbours.tolist())) == 50_000


def test_a_part_is_the_part_of_the_whole():
    whole = permute(np.arange(1000), 1000, 4, 1)
    assert np.array_equal(permute(np.arange(300, 400), 1000, 4, 1), whole[300:400])
    assert np.array_equal(permute([7, 3, 7], 1000, 4, 1), whole[[7, 3, 7]])


def test_each_key_has_an_order_of_its_own():
    orders = [permute(np.arange(200), 200, seed, epoch) for seed in range(5) for epoch in range(5)]
    for place, one in enumerate(orders):
        for other in orders[:place]:
            assert (one == other).sum() < 15  # 1 is to be expected
    assert np.array_equal(orders[0], permute(np.arange(200), 200, 0, 0))


@pytest.mark.parametrize("n", [1000, 4096, 50_000])
def test_it_looks_shuffled(n):
    places = np.arange(n)
    found = permute(places, n, 3, 0)
    slack = 4.5 / n**0.5
    assert abs(np.corrcoef(places, found)[0, 1]) < slack
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < slack
    next_to_it = np.abs(np.diff(found)) == 1
    assert next_to_it.sum() < 15  # 2 are to be expected


def test_every_place_is_as_likely_as_any_other():
    """Chi-squared with 9 degrees of freedom stays below 33.7 but once in 10,000."""
    counts = np.zeros((10, 10))
    for epoch in range(2000):
        counts[np.arange(10), permute(np.arange(10), 10, 0, epoch)] += 1
    chi_squared = ((counts - 200) ** 2 / 200).sum(axis=1)
    assert chi_squared.max() < 33.7
