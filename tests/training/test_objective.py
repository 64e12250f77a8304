"""The loss beside torch's own over all logits: values and gradients."""

import pytest
import torch
import torch.nn.functional as F

from codekiln.training.objective import IGNORED, causal_loss, causal_targets, cross_entropy
from model.shapes import random_ids, random_model


def documents_of(*lengths):
    return torch.cat([torch.full((n,), place) for place, n in enumerate(lengths)])


BATCHES = {
    "one document a row": (torch.zeros(3, 210, dtype=torch.long), 0),
    "several documents": (
        torch.stack([documents_of(70, 140), documents_of(1, 100, 109), documents_of(209, 1)]),
        0,
    ),
    "ignored labels": (torch.stack([documents_of(210), documents_of(9, 201)]), 50),
    "all labels ignored": (torch.zeros(1, 30, dtype=torch.long), 30),
    "less than a chunk": (torch.zeros(1, 7, dtype=torch.long), 2),
}


def plain_loss(model, ids, labels, documents):
    logits = model.logits(model(ids, documents))
    return F.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )


def loss_and_gradients(loss, model, *batch):
    model.zero_grad()
    value = 0.01 * loss(model, *batch)  # what comes after the loss must reach its gradient
    value.backward()
    return value, {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("name", BATCHES)
def test_the_loss_is_the_cross_entropy_over_all_logits(name):
    documents, ignored = BATCHES[name]
    ids, labels = random_ids(*documents.shape, seed=1), random_ids(*documents.shape, seed=2)
    labels[:, :ignored] = IGNORED
    model = random_model()
    batch = (ids, labels, documents)
    expected, wanted = loss_and_gradients(plain_loss, model, *batch)
    found, gradients = loss_and_gradients(causal_loss, model, *batch)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    for key, gradient in gradients.items():
        torch.testing.assert_close(gradient, wanted[key], rtol=1e-3, atol=1e-5, msg=key)


def test_a_prompt_adds_nothing():
    generator = torch.Generator().manual_seed(0)
    hidden, weight = (torch.randn(n, 4, generator=generator) for n in (6, 9))
    logits = hidden @ weight.T
    labels = torch.tensor([IGNORED, IGNORED, 3, 8, IGNORED, 0])
    by_hand = -sum(logits[n].log_softmax(0)[labels[n]] for n in (2, 3, 5))
    torch.testing.assert_close(cross_entropy(hidden, weight, labels), by_hand)


def test_in_bf16_the_loss_is_near_and_its_sum_exact():
    model, documents = random_model(), torch.zeros(4, 300, dtype=torch.long)
    ids, labels = random_ids(4, 300, seed=1), random_ids(4, 300, seed=2)
    exact = causal_loss(model, ids, labels, documents)
    with torch.autocast("cpu", torch.bfloat16):
        half = causal_loss(model, ids, labels, documents)
    assert half.dtype == torch.float32
    assert 0 < abs(half - exact) / exact < 0.01


def test_targets_by_hand():
    end, padding = 0, 4
    rows = torch.tensor(
        [
            [0, 5, 6, 0, 7, 8],  # cut inside its second document
            [9, 9, 0, 5, 0, 4],  # begins inside a document, ends closed and padded
            [0, 5, 0, 4, 4, 4],
        ]
    )
    ids, labels, documents = causal_targets(rows, end, padding)
    no = IGNORED
    assert ids.tolist() == [[0, 5, 6, 0, 7], [9, 9, 0, 5, 0], [0, 5, 0, 4, 4]]
    assert labels.tolist() == [[5, 6, 0, 7, 8], [9, 0, 5, 0, no], [5, 0, no, no, no]]
    assert documents.tolist() == [[1, 1, 1, 2, 2], [0, 0, 1, 1, 2], [1, 1, 2, 2, 2]]
