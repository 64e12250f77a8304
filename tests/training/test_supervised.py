"""The loss on targets beside transformers', and by hand; examples packed together and alone."""

import numpy as np
import pytest
import torch
import transformers

from codekiln.inputs.examples import Example, pack
from codekiln.model.weights import save_model
from codekiln.training import supervised
from codekiln.training.cross_entropy import IGNORED
from codekiln.training.supervised import Supervised
from inputs.examples.test_rows import random_examples
from model.shapes import GROUPED, QWEN_2, all_logits, random_model

OBJECTIVE = Supervised()


def rows_of(examples, length):
    return torch.from_numpy(pack(examples, length, 4).astype(np.int64))


def small(count, seed=0):
    examples = random_examples(count, 40, seed)
    return [
        Example([i % 300 for i in one.context], [i % 300 for i in one.target]) for one in examples
    ]


def our_loss(model, rows):
    batch = OBJECTIVE.prepare(rows)
    return OBJECTIVE.loss(model, batch) * batch.counts["tokens"]


@pytest.mark.parametrize("config", [GROUPED, QWEN_2], ids=["qwen3", "qwen2"])
def test_packed_it_is_the_sum_of_what_transformers_computes_alone(config, tmp_path):
    model, examples = random_model(config), small(12)
    save_model(tmp_path, model, 0, "")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    expected = torch.zeros(())
    for example in examples:
        ids = torch.tensor([example.context + example.target])
        labels = torch.tensor([[-100] * len(example.context) + example.target])
        expected += theirs(ids, labels=labels).loss.detach() * len(example.target)
    rows = rows_of(examples, 100)
    assert len(rows) < len(examples)
    torch.testing.assert_close(our_loss(model, rows), expected, rtol=1e-5, atol=1e-4)


def test_by_hand_it_is_the_logarithm_of_each_target():
    model, example = random_model(), Example([7, 8, 9], [20, 21])
    p = all_logits(model, torch.tensor([[7, 8, 9, 20]]))[0].log_softmax(-1)
    expected = -(p[2, 20] + p[3, 21])
    torch.testing.assert_close(our_loss(model, rows_of([example], 4)), expected)
    torch.testing.assert_close(our_loss(model, rows_of([example], 40)), expected)  # and padding


def test_labels_by_hand():
    batch = OBJECTIVE.prepare(rows_of([Example([7, 8], [9, 9]), Example([5], [6])], 7))
    no = IGNORED
    assert batch["ids"].tolist() == [[7, 8, 9, 9, 5, 6, 4]]
    assert batch["labels"].tolist() == [[no, 9, 9, no, 6, no, no]]
    assert batch["documents"].tolist() == [[1, 1, 1, 1, 2, 2, 2]]
    assert batch.counts == {"tokens": 3}


def test_a_row_of_one_example_needs_no_numbers_of_documents():
    assert "documents" not in OBJECTIVE.prepare(rows_of([Example([7, 8], [9])], 9)).tensors
    assert "documents" in OBJECTIVE.prepare(rows_of([Example([7], [9])] * 2, 9)).tensors


def test_no_example_sees_another():
    model, last = random_model(), Example([5], [6, 6])
    with_one, with_other = (
        OBJECTIVE.prepare(rows_of([Example(context, [9] * 4), last], 12))
        for context in ([7, 8], [70, 80])
    )
    own = with_one["labels"] == 6
    streams = [model(b["ids"], b["documents"])[own] for b in (with_one, with_other)]
    torch.testing.assert_close(*streams, rtol=0, atol=1e-6)


def test_parts_of_a_batch_add_up_with_their_gradients():
    model, rows = random_model(), rows_of(small(40), 64)
    model.zero_grad()
    OBJECTIVE.loss(model, OBJECTIVE.prepare(rows)).backward()
    whole = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    for part in OBJECTIVE.prepare(rows).parts(3):
        OBJECTIVE.loss(model, part).backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, whole[name], rtol=1e-3, atol=1e-6, msg=name)


def test_what_fills_up_a_chunk_adds_nothing(monkeypatch):
    """As on a GPU, where whole chunks are computed."""

    class OnGpu(torch.Tensor):
        device = torch.device("cuda")

    monkeypatch.setattr(supervised, "CHUNK_ON_GPU", 8)
    hidden, labels = torch.arange(20.0)[:, None], torch.full((20,), IGNORED)
    labels[[3, 11, 17]] = 5
    kept, own = supervised._labelled(hidden.as_subclass(OnGpu), labels)
    assert kept[:3, 0].tolist() == [3, 11, 17]
    assert own.tolist() == [5] * 3 + [IGNORED] * 5
