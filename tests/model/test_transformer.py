"""Logits equal those of transformers; packed documents do not see each other; sizes are counted right."""

import itertools
import socket

import pytest
import torch

from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.model.weights import load_model, save_model
from model.shapes import GROUPED, all_logits, random_ids, random_model

CONFIGS = [GROUPED, *(ModelConfig.from_depth(depth, 300, 256) for depth in (1, 2, 3))]


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("something asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.layers} layers")
@pytest.mark.usefixtures("no_network")
def test_logits_equal_those_of_transformers(config, tmp_path):
    import transformers

    model = random_model(config)
    save_model(tmp_path, model, end=0, tokenizer_sha256="x")
    ids = random_ids(2, 150)
    expected = all_logits(model, ids)
    assert expected.std() > 0.3
    for loader in (transformers.Qwen3ForCausalLM, transformers.AutoModelForCausalLM):
        theirs = loader.from_pretrained(tmp_path)
        assert type(theirs) is transformers.Qwen3ForCausalLM
        assert theirs.dtype == torch.float32
        assert theirs.config.eos_token_id == 0
        with torch.no_grad():
            assert (theirs(ids).logits - expected).abs().max() <= 1e-4


def test_what_was_saved_comes_back(tmp_path):
    model = random_model()
    save_model(tmp_path, model, end=0, tokenizer_sha256="x")
    again = load_model(tmp_path, "x")
    assert again.config == model.config
    assert not again.training
    ids = random_ids(1, 20)
    assert torch.equal(all_logits(again, ids), all_logits(model, ids))


@pytest.mark.parametrize("lengths", [(30, 40), (100, 131), (1, 20)])
def test_packed_documents_do_not_see_each_other(lengths):
    model = random_model()
    first, second = random_ids(1, lengths[0], seed=1), random_ids(1, lengths[1], seed=2)
    documents = torch.tensor([[1] * lengths[0] + [2] * lengths[1]])
    packed = all_logits(model, torch.cat([first, second], dim=1), documents)
    parts = packed.split(lengths, dim=1)
    # Rotary positions are relative, so it does not matter where in the row a document stands.
    torch.testing.assert_close(parts[0], all_logits(model, first), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(parts[1], all_logits(model, second), atol=1e-4, rtol=1e-4)


def test_changing_one_document_leaves_the_next_as_it_is():
    model = random_model()
    firsts, second = [random_ids(1, 50, seed=n) for n in (1, 2)], random_ids(1, 60, seed=3)
    documents = torch.tensor([[7] * 50 + [8] * 60])

    def second_logits(numbers):
        rows = (torch.cat([first, second], dim=1) for first in firsts)
        return [all_logits(model, row, numbers)[:, 50:] for row in rows]

    kept_apart, together = second_logits(documents), second_logits(None)
    torch.testing.assert_close(*kept_apart, atol=1e-6, rtol=0)
    assert (together[0] - together[1]).abs().max() > 0.1


def test_the_future_is_not_seen():
    model = random_model()
    ids = random_ids(1, 200)
    changed = torch.cat([ids[:, :120], random_ids(1, 80, seed=9)], dim=1)
    before, after = all_logits(model, ids), all_logits(model, changed)
    torch.testing.assert_close(before[:, :120], after[:, :120], atol=1e-5, rtol=0)
    assert (before[:, 120:] - after[:, 120:]).abs().max() > 0.1


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7])
def test_the_parameters_are_counted(depth):
    config = ModelConfig.from_depth(depth, 1000, 256)
    with torch.device("meta"):
        model = Transformer(config)
    assert config.parameters() == sum(p.numel() for p in model.parameters())


def test_the_parameters_of_other_shapes_are_counted():
    assert GROUPED.parameters() == sum(p.numel() for p in random_model().parameters())


def test_depth_is_one_dial():
    configs = [ModelConfig.from_depth(depth, 1000, 256) for depth in range(1, 13)]
    assert all(config.width == config.heads * config.head_width for config in configs)
    assert all(config.heads % config.key_value_heads == 0 for config in configs)
    sizes = [config.parameters() for config in configs]
    assert all(small < large for small, large in itertools.pairwise(sizes))
