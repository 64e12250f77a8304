"""The suffix array, beside a plain sort of all suffixes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.index.suffix_array import suffix_array


def expect_sorted(ids, differ_within=10_000):
    """`differ_within` ids any two suffixes differ, so that no key need be longer."""
    plain = sorted(range(len(ids)), key=lambda place: ids[place : place + differ_within])
    found = suffix_array(np.array(ids, np.int64))
    assert found.dtype == np.int32
    assert found.tolist() == plain


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=60))
def test_few_distinct_ids(ids):
    expect_sorted(ids)


@settings(deadline=None)
@given(st.lists(st.sampled_from((0, 1, 255, 256, 65_535, 65_536, 151_642)), max_size=60))
def test_ids_on_both_sides_of_every_border(ids):
    expect_sorted(ids)


@pytest.mark.parametrize("distinct", [1, 2, 255, 256, 257, 65_535, 65_536, 65_537, 70_000])
def test_any_number_of_distinct_ids(distinct):
    rng = np.random.default_rng(distinct)
    ids = [*rng.permutation(distinct).tolist(), *rng.integers(0, distinct, 300).tolist()]
    expect_sorted([3 * token for token in ids], 20 if distinct > 2 else 10_000)


@pytest.mark.parametrize("ids", [[], [7], [7] * 3000, [1, 2] * 1500, [2, 1] * 1500 + [0]])
def test_nothing_one_and_the_same_again_and_again(ids):
    expect_sorted(ids)


@pytest.mark.parametrize("kind", [np.uint16, np.uint32, np.dtype(">u2"), np.dtype(">u4"), np.int32])
def test_any_type_of_ids(kind):
    ids = np.random.default_rng(0).integers(0, 1000, 500)
    assert (suffix_array(ids.astype(kind)) == suffix_array(ids)).all()
