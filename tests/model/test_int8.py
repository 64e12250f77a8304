"""A byte a weight: rows keep their range, the rest stays exact, and what lacks its scale is refused."""

import pytest
import torch

from codekiln.model.int8 import quantise, restore
from model.shapes import random_model


def test_no_weight_moves_by_more_than_half_a_step_of_its_row():
    weights = random_model().state_dict()
    stored = quantise(weights)
    found = restore(stored)
    assert found.keys() == weights.keys()
    for name, weight in weights.items():
        if weight.ndim == 1:
            assert torch.equal(found[name], weight)
            continue
        assert stored[name].dtype == torch.int8
        step = weight.abs().amax(dim=1, keepdim=True) / 127
        assert ((found[name] - weight).abs() <= 0.5001 * step).all()
        assert not torch.equal(found[name], weight)


def test_a_row_of_zeros_stays_one():
    matrix = torch.tensor([[0.0, 0.0], [1.0, -2.0]])
    assert torch.equal(restore(quantise({"w": matrix}))["w"][0], matrix[0])


def test_a_matrix_without_its_scale_is_refused():
    stored = quantise({"w": torch.ones(2, 2)})
    del stored["w.scale"]
    with pytest.raises(KeyError, match=r"w\.scale"):
        restore(stored)
