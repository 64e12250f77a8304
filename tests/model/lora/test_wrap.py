"""Layers with an adapter around them: the base stays as it is, in memory too, and many share it."""

import torch

from codekiln.model.lora import Adapter, LoraShape
from codekiln.model.lora.layers import LoraLinear
from codekiln.model.lora.wrap import adapted, adapter_tensors, wrap
from codekiln.model.transformer import Transformer
from model.lora.test_adapter import random_adapter
from model.shapes import FAMILIES, GROUPED, UNTIED, all_logits, random_ids, random_model

IDS = random_ids(2, 30)
SHAPE = LoraShape(rank=4, alpha=8.0, tokens=(7, 290))


def test_a_new_adapter_changes_nothing():
    for config in FAMILIES:
        model = random_model(config)
        expected = all_logits(model, IDS)
        wrap(model, SHAPE)
        assert torch.equal(all_logits(model, IDS), expected)


def test_only_the_adapter_is_learned_and_all_of_it():
    model = random_model(UNTIED[0])
    wrap(model, SHAPE)
    own = adapter_tensors(model)
    assert {name: tuple(t.shape) for name, t in own.items()} == SHAPE.shapes(model.config)
    learned = [p for p in model.parameters() if p.requires_grad]
    assert {id(p) for p in learned} == {id(t) for t in own.values()}
    with torch.no_grad():  # B is zero, so A would have no gradient
        for name, tensor in own.items():
            tensor.add_(0.1 * name.endswith("lora_B.weight"))
    ids = torch.cat([IDS, torch.tensor([[7], [290]])], dim=1)
    model.logits(model(ids)).square().sum().backward()
    assert all(t.grad is not None and t.grad.abs().max() > 0 for t in own.values())
    assert all(p.grad is None for p in model.parameters() if not p.requires_grad)


def test_the_model_is_what_it_was():
    model = random_model()
    layer = model.model.layers[0].self_attn.q_proj
    wrap(model, SHAPE)
    assert type(model) is Transformer
    wrapped = model.model.layers[0].self_attn.q_proj
    assert isinstance(wrapped, LoraLinear)
    assert wrapped.base_layer is layer


def test_by_hand():
    layer = torch.nn.Linear(3, 2)
    around = LoraLinear(layer, LoraShape(rank=1, alpha=2.0))
    with torch.no_grad():
        around.lora_A.weight.copy_(torch.tensor([[1.0, 2.0, 3.0]]))
        around.lora_B.weight.copy_(torch.tensor([[10.0], [100.0]]))
    x = torch.tensor([1.0, 1.0, 1.0])
    torch.testing.assert_close(around(x), layer(x) + torch.tensor([120.0, 1200.0]))


def test_only_the_rows_of_tokens_are_others():
    model = random_model()
    table = model.output_weight.clone()
    wrap(model, SHAPE)
    (rows,) = [t for name, t in adapter_tensors(model).items() if "token_adapter" in name]
    with torch.no_grad():
        rows.add_(1.0)
    changed = (model.output_weight != table).any(dim=1).nonzero().squeeze(1)
    assert changed.tolist() == [7, 290]
    found = model.embed(torch.tensor([[6, 7, 290, 291]]))[0]
    torch.testing.assert_close(found, model.output_weight[[6, 7, 290, 291]])


def test_many_share_the_memory_of_one_base():
    base = random_model()
    expected = all_logits(base, IDS)
    adapters = [random_adapter(SHAPE, GROUPED, seed) for seed in (1, 2)]
    models = [adapted(base, adapter) for adapter in adapters]
    answers = [all_logits(model, IDS) for model in models]
    assert (answers[0] - answers[1]).abs().max() > 0.1
    assert torch.equal(all_logits(base, IDS), expected)
    assert torch.equal(all_logits(adapted(base, adapters[0]), IDS), answers[0])
    own = {t.data_ptr() for t in base.state_dict().values()}
    for model, adapter in zip(models, adapters, strict=True):
        more = [t for t in model.state_dict().values() if t.data_ptr() not in own]
        assert sum(t.numel() for t in more) == sum(a.size for a in adapter.arrays.values())


def test_what_was_read_is_what_was_trained():
    model = random_model()
    wrap(model, SHAPE)
    with torch.no_grad():
        for tensor in adapter_tensors(model).values():
            tensor.add_(0.05)
    arrays = {name: t.detach().numpy().copy() for name, t in adapter_tensors(model).items()}
    assert torch.equal(
        all_logits(adapted(random_model(), Adapter(SHAPE, arrays)), IDS), all_logits(model, IDS)
    )
