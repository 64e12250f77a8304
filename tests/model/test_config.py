"""What follows from the depth dial."""

import pytest

from codekiln.model.config import ModelConfig


@pytest.mark.parametrize(("depth", "heads"), [(1, 1), (2, 1), (3, 1), (4, 2), (9, 3), (12, 6)])
def test_keys_and_values_have_at_most_half_the_heads_and_divide_them(depth, heads):
    assert ModelConfig.from_depth(depth, 512, 128).key_value_heads == heads
