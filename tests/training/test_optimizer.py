"""The optimiser beside torch's Muon used directly and AdamW written out; its state comes back exactly."""

from dataclasses import replace

import pytest
import torch

from codekiln.errors import TrainingError
from codekiln.training.optimizer import (
    NORM_SCALE,
    MuonWithAdamW,
    clip_gradients,
)
from model.shapes import GROUPED, random_model

RATE, DECAY, SCALE = 0.02, 0.1, 0.5
EMBEDDING = "model.embed_tokens.weight"


def set_gradients(model, seed):
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


def weights(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def muon_alone(before, gradients, steps):
    """The matrices after `steps` steps of torch's Muon on copies, one optimiser a matrix."""
    after = {}
    for name, weight in before.items():
        copy = torch.nn.Parameter(weight.clone())
        muon = torch.optim.Muon([copy], lr=RATE * SCALE, weight_decay=DECAY)
        for step in range(steps):
            copy.grad = gradients[step][name].clone()
            muon.step()
        after[name] = copy.detach()
    return after


def is_matrix(name, tensor):
    return tensor.ndim == 2 and name != EMBEDDING


def test_matrices_take_torchs_muon():
    model = random_model()
    before, gradients = weights(model), []
    optimizer = MuonWithAdamW(model, RATE, DECAY)
    for seed in range(3):
        set_gradients(model, seed)
        gradients.append({name: p.grad.clone() for name, p in model.named_parameters()})
        optimizer.step(SCALE, "bf16")
    matrices = {name: tensor for name, tensor in before.items() if is_matrix(name, tensor)}
    assert len(matrices) == 7 * model.config.layers
    expected, after = muon_alone(matrices, gradients, steps=3), weights(model)
    for name, tensor in expected.items():
        assert not torch.equal(before[name], tensor)
        torch.testing.assert_close(after[name], tensor, msg=name)


def rates(model):
    """The rates of what is no matrix, read off a first step.

    The first step of Adam is rate · g / (|g| + ε), whatever its betas (Kingma & Ba 2015, §2).
    """
    before = weights(model)
    set_gradients(model, 0)
    units = {name: p.grad / (p.grad.abs() + 1e-8) for name, p in model.named_parameters()}
    MuonWithAdamW(model, RATE, DECAY).step(SCALE, "bf16")
    found = {}
    for name, after in weights(model).items():
        if is_matrix(name, after):
            continue
        step = before[name] - after
        found[name] = float((step / units[name]).median())
        torch.testing.assert_close(step, found[name] * units[name], atol=1e-6, rtol=1e-3)
    return found


def test_the_rest_takes_adamw():
    model = random_model()
    found = rates(model)
    assert len(found) == 2 + 4 * model.config.layers
    embedding = found.pop(EMBEDDING)
    assert 0 < embedding < RATE
    assert list(found.values()) == pytest.approx([RATE * SCALE * NORM_SCALE] * len(found), rel=1e-3)


def test_a_wider_embedding_learns_more_slowly():
    narrow, wide = (rates(random_model(replace(GROUPED, width=width))) for width in (64, 256))
    assert narrow[EMBEDDING] == pytest.approx(2 * wide[EMBEDDING], rel=1e-3)
    assert narrow["model.norm.weight"] == pytest.approx(wide["model.norm.weight"], rel=1e-3)


def test_a_step_of_scale_zero_changes_no_weight_and_gradients_are_cleared():
    model = random_model()
    before = weights(model)
    set_gradients(model, 0)
    MuonWithAdamW(model, RATE, DECAY).step(0.0, "bf16")
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(model).items())
    assert all(parameter.grad is None for parameter in model.parameters())


def fill(optimizer, state):
    """Hand it a state as a checkpoint is read: first room, then what comes there."""
    optimizer.make_room({name: tuple(tensor.shape) for name, tensor in state.items()})
    for name, tensor in optimizer.tensors().items():
        tensor.copy_(state[name])


def test_a_restored_state_goes_on_to_the_bit():
    model = random_model()
    optimizer = MuonWithAdamW(model, RATE, DECAY)
    for seed in range(3):
        set_gradients(model, seed)
        optimizer.step(1.0, "bf16")
    state = {name: tensor.clone() for name, tensor in optimizer.tensors().items()}
    other, fresh = random_model(seed=9), random_model(seed=9)
    for copy in (other, fresh):
        copy.load_state_dict(model.state_dict())
    restored, forgetful = MuonWithAdamW(other, RATE, DECAY), MuonWithAdamW(fresh, RATE, DECAY)
    fill(restored, state)
    for seed in range(3, 6):
        for one, its in ((model, optimizer), (other, restored), (fresh, forgetful)):
            set_gradients(one, seed)
            its.step(0.7, "bf16")
    found, expected, without = weights(other), weights(model), weights(fresh)
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    assert not any(torch.equal(without[name], tensor) for name, tensor in expected.items())
    again = restored.tensors()
    assert all(torch.equal(again[name], tensor) for name, tensor in optimizer.tensors().items())


def test_the_state_of_another_model_is_refused():
    optimizer = MuonWithAdamW(random_model(), RATE, DECAY)
    with pytest.raises(TrainingError, match=r"model\.layers\.9"):
        optimizer.make_room({"model.layers.9.mlp.up_proj.weight/exp_avg": (1,)})


def test_clipping_by_hand():
    model = random_model()
    set_gradients(model, 0)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert clip_gradients(model, 2.0) == pytest.approx(float(norm), rel=1e-5)
    clipped = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert float(clipped) == pytest.approx(2.0, rel=1e-4)
