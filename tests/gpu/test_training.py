"""On a GPU: masks in blocks, the compiled loss and compiled layers give what the plain ways give.

No fixture of other tests is used, so that a bare machine can run this.
"""

from dataclasses import replace

import pytest
import torch

from codekiln.model.config import ModelConfig
from codekiln.model.masks import block_mask
from codekiln.model.transformer import Transformer
from codekiln.training.causal import Causal
from codekiln.training.config import ModelStageConfig
from codekiln.training.cross_entropy import IGNORED, cross_entropy
from codekiln.training.learner import Learner

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")

END, PADDING = 0, 4
SHAPE = ModelConfig.from_depth(4, 1000, 256)


def rows(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(5, SHAPE.vocabulary, (count, SHAPE.context + 1), generator=generator)
    ids[torch.rand(ids.shape, generator=generator) < 0.02] = END
    ids[0, 200:] = PADDING
    return ids


def learner(**settings):
    torch.manual_seed(0)
    model = Transformer(SHAPE).cuda()
    for weight in model.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, std=0.02)
    config = replace(ModelStageConfig(), depth=4, micro_tokens=4 * SHAPE.context, **settings)
    return Learner(config, model, Causal(END, PADDING))


def gradients(one, precision):
    loss, norm = one.gradients(rows(8), 0, precision)
    return loss, norm, {name: p.grad.clone() for name, p in one.model.named_parameters()}


@pytest.mark.parametrize(("precision", "bound"), [("fp32", 1e-3), ("bf16", 3e-2)])
def test_what_is_compiled_learns_the_same(precision, bound):
    fast = gradients(learner(clip=1e9), precision)
    plain = gradients(learner(clip=1e9, compile="off"), "fp32")
    assert fast[0] == pytest.approx(plain[0], rel=bound)
    assert fast[1] == pytest.approx(plain[1], rel=bound)
    for name, gradient in plain[2].items():
        error = (fast[2][name] - gradient).norm() / gradient.norm()
        assert error < bound, name


def test_the_mask_in_blocks_is_the_mask():
    documents = (rows(2) == END).cumsum(dim=1)[:, :256].cuda()
    blocks = block_mask(documents)
    assert not isinstance(blocks, torch.Tensor)
    assert isinstance(block_mask(documents[:, :100]), torch.Tensor)


def test_the_loss_in_large_chunks_is_the_loss():
    generator = torch.Generator(device="cuda").manual_seed(0)
    hidden = torch.randn(20_000, 64, device="cuda", generator=generator, requires_grad=True)
    weight = torch.randn(500, 64, device="cuda", generator=generator, requires_grad=True)
    labels = torch.arange(20_000, device="cuda") % 500
    labels[100:300] = IGNORED
    found = torch.autograd.grad(cross_entropy(hidden, weight, labels), (hidden, weight))
    plain = torch.nn.functional.cross_entropy(
        hidden @ weight.T, labels, ignore_index=IGNORED, reduction="sum"
    )
    for one, other in zip(found, torch.autograd.grad(plain, (hidden, weight)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)
