"""Disjoint sets against sets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.duplicates.forest import Forest

SIZE = 30
numbers = st.integers(0, SIZE - 1)
batches = st.lists(st.lists(st.tuples(numbers, numbers), max_size=20), max_size=6)


@given(batches)
def test_roots_are_the_smallest_of_each_set(batches):
    forest = Forest(SIZE)
    sets = {number: {number} for number in range(SIZE)}
    for batch in batches:
        left, right = np.array(batch, np.int64).reshape(-1, 2).T
        forest.join(left, right)
        for one, other in batch:
            both = sets[one] | sets[other]
            sets.update(dict.fromkeys(both, both))
        assert forest.roots(np.arange(SIZE)).tolist() == [min(sets[n]) for n in range(SIZE)]


def test_a_long_chain_is_one_set_whichever_way_it_is_joined():
    size = 100_000
    chain = np.arange(size)
    for left, right in [(chain[1:], chain[:-1]), (chain[:-1][::-1], chain[1:][::-1])]:
        forest = Forest(size)
        for start in range(0, size - 1, 4096):
            forest.join(left[start : start + 4096], right[start : start + 4096])
        assert not forest.roots(chain).any()
