"""What every engine is compared with: a model of random weights that reads a whole sequence at once."""

import numpy as np
import torch

from codekiln.model.weights import save_model
from model.shapes import all_logits, random_ids, random_model

MODEL = random_model()


def saved(folder, model=MODEL):
    """The folder, with the model in it."""
    save_model(folder, model, end=0, tokenizer_sha256="mine")
    return folder


def ids(*shape, seed=0):
    return random_ids(*shape, seed=seed).numpy()


def expected(tokens, model=MODEL):
    """Logits `[batch, n, vocab]` of `tokens[batch, n]`."""
    return all_logits(model, torch.from_numpy(np.ascontiguousarray(tokens))).numpy()


def assert_same(found, wanted):
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)
