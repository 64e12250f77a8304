"""Partners: of another file and the same group, drawn evenly, and from the next group if need be."""

import numpy as np
import pytest

from codekiln.inputs.segments.partners import NOBODY, partners


def drawn(files, *groups, seed=0):
    arrays = [np.array(key, np.uint64) for key in (files, *groups)]
    return partners(arrays[0], arrays[1:], np.random.default_rng(seed))


def test_a_partner_is_of_another_file_and_the_same_group():
    generator = np.random.default_rng(1)
    files = generator.integers(0, 60, 1000)
    groups = files % 7
    found = drawn(files, groups)
    assert (found != NOBODY).all()
    assert (groups[found] == groups).all()
    assert (files[found] != files).all()


def test_every_pair_that_may_be_is_drawn_as_often():
    files, groups = [3, 1, 3, 1, 2, 9], [5, 5, 5, 5, 5, 8]
    counts = np.zeros((6, 6))
    for seed in range(3000):
        found = drawn(files, groups, seed=seed)
        assert found[5] == NOBODY
        counts[np.arange(5), found[:5]] += 1
    expected = np.zeros((6, 6))
    for one in range(5):
        others = [other for other in range(5) if files[other] != files[one]]
        expected[one, others] = 3000 / len(others)
    assert (np.abs(counts - expected) <= 5 * np.sqrt(expected)).all()


def test_the_first_group_that_has_one_decides():
    files = [1, 2, 3, 4]
    languages, repositories = [10, 10, 30, 40], [7, 7, 7, 8]
    for seed in range(50):
        found = drawn(files, languages, repositories, seed=seed)
        assert found[:2].tolist() == [1, 0]
        assert found[2] in (0, 1)
        assert found[3] == NOBODY


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_is_there(count):
    assert drawn([4] * count, [1] * count).tolist() == [NOBODY] * count
