"""A byte a weight: rows keep their range, the rest stays exact."""

import numpy as np
import torch

from codekiln.model.arrays import Rows
from codekiln.model.arrays import quantise as quantise_array
from codekiln.model.int8 import quantise
from model.shapes import random_model


def test_no_weight_moves_by_more_than_half_a_step_of_its_row():
    weights = random_model().state_dict()
    stored = quantise(weights)
    for name, weight in weights.items():
        if weight.ndim == 1:
            assert torch.equal(stored[name], weight)
            continue
        assert stored[name].dtype == torch.int8
        scale = stored[name + ".scale"]
        found = Rows(stored[name].numpy(), scale.numpy()).whole()
        step = weight.abs().amax(dim=1, keepdim=True) / 127
        torch.testing.assert_close(scale, step[:, 0])
        assert ((torch.from_numpy(found) - weight).abs() <= 0.5001 * step).all()
        assert not np.array_equal(found, weight.numpy())


def test_a_row_of_zeros_stays_one():
    matrix = np.float32([[0, 0], [1, -2]])
    assert np.array_equal(quantise_array(matrix).whole()[0], matrix[0])
