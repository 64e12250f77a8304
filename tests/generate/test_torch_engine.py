"""The reference engine in half precision; the rest of it is in `test_engine`."""

import numpy as np

from codekiln.generate.torch_engine import TorchEngine
from generate.reference import MODEL, expected, ids
from model.shapes import GROUPED


def test_bf16_is_close_and_another_number():
    tokens = ids(1, 50)
    found = TorchEngine(MODEL, half=True).prefill(tokens)
    exact = expected(tokens)[:, -1]
    assert found.dtype == np.float32
    error = np.abs(found - exact).max()
    assert 0 < error < 0.1 * np.abs(exact).max()
    assert GROUPED.vocabulary == found.shape[1]
