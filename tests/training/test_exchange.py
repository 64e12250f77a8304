"""Muon on shards gives every process its rows of what Muon gives on whole matrices, to the bit."""

import pytest

from training.crew import run
from training.runs import step_muon_both_ways

# Rows that cannot be shared evenly, fewer rows than processes, shapes of which there are several.
SHAPES = [(5, 7), (64, 32), (32, 64), (64, 32), (1, 9), (2, 3), (33, 33)]


@pytest.mark.parametrize(("size", "shapes"), [(2, SHAPES), (3, SHAPES), (3, SHAPES[:2])])
def test_muon_on_shards(size, shapes):
    run(size, step_muon_both_ways, shapes)
