"""The loss beside torch's own over all logits: values and gradients."""

import pytest
import torch
import torch.nn.functional as F

from codekiln.training import cross_entropy as module
from codekiln.training.causal import Causal
from codekiln.training.cross_entropy import IGNORED, cross_entropy
from codekiln.training.objective import Batch
from model.shapes import random_ids, random_model

OBJECTIVE = Causal(end=0, padding=4)


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


def our_loss(model, ids, labels, documents):
    batch = Batch({"ids": ids, "labels": labels, "documents": documents}, {"tokens": 100})
    return 100 * OBJECTIVE.loss(model, batch)


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
    found, gradients = loss_and_gradients(our_loss, model, *batch)
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


def test_a_table_that_is_not_learned_gets_no_gradient_and_changes_no_other():
    generator = torch.Generator().manual_seed(0)
    hidden, weight = (torch.randn(n, 4, generator=generator, requires_grad=True) for n in (6, 9))
    labels = torch.tensor([IGNORED, 2, 3, 8, IGNORED, 0])
    cross_entropy(hidden, weight, labels).backward()
    expected, hidden.grad = hidden.grad, None
    frozen = weight.detach()
    cross_entropy(hidden, frozen, labels).backward()
    assert frozen.grad is None
    assert torch.equal(hidden.grad, expected)


def test_in_bf16_the_loss_is_near_and_its_sum_exact():
    model, documents = random_model(), torch.zeros(4, 300, dtype=torch.long)
    ids, labels = random_ids(4, 300, seed=1), random_ids(4, 300, seed=2)
    exact = our_loss(model, ids, labels, documents)
    with torch.autocast("cpu", torch.bfloat16):
        half = our_loss(model, ids, labels, documents)
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
    batch = Causal(end, padding).prepare(rows)
    no = IGNORED
    assert batch["ids"].tolist() == [[0, 5, 6, 0, 7], [9, 9, 0, 5, 0], [0, 5, 0, 4, 4]]
    assert batch["labels"].tolist() == [[5, 6, 0, 7, 8], [9, 0, 5, 0, no], [5, 0, no, no, no]]
    assert batch["documents"].tolist() == [[1, 1, 1, 2, 2], [0, 0, 1, 1, 2], [1, 1, 2, 2, 2]]
    assert batch.counts == {"tokens": 11}


def test_rows_of_one_document_need_no_numbers_of_documents():
    assert "documents" not in OBJECTIVE.prepare(torch.tensor([[0, 5, 6, 7], [5, 6, 7, 8]])).tensors
    assert "documents" in OBJECTIVE.prepare(torch.tensor([[0, 5, 6, 7], [5, 0, 7, 8]])).tensors


def test_parts_share_the_whole_and_its_counts():
    batch = Batch({"a": torch.arange(5), "b": torch.arange(10).view(5, 2)}, {"tokens": 7})
    parts = list(batch.parts(2))
    assert [len(part) for part in parts] == [2, 2, 1]
    assert all(part.counts == batch.counts for part in parts)
    assert torch.equal(torch.cat([part["b"] for part in parts]), batch["b"])


def test_what_is_compiled_is_the_same():
    logits, labels = (
        torch.randn(9, 7, generator=torch.Generator().manual_seed(0)),
        torch.arange(9) % 7,
    )
    labels[2:4] = IGNORED
    for found, expected in zip(
        module._pointwise(logits, labels), module._in_place(logits, labels), strict=True
    ):
        torch.testing.assert_close(found, expected)
