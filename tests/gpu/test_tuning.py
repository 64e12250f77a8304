"""On a GPU: an adapter around compiled layers, and targets alone in whole chunks, learn what plain ones do.

No fixture of other tests is used, so that a bare machine can run this.
"""

import numpy as np
import pytest
import torch

from codekiln.inputs.examples import Example, pack
from codekiln.model.config import ModelConfig
from codekiln.model.lora.shape import LoraShape
from codekiln.model.lora.wrap import adapter_tensors, wrap
from codekiln.model.transformer import Transformer
from codekiln.training.learner import Learner
from codekiln.training.optimizer import OnlyAdamW
from codekiln.training.supervised import Supervised
from codekiln.training.tuning_config import TuningRun

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU with CUDA")

SHAPE = ModelConfig.from_depth(4, 1000, 256)
ADAPTER = LoraShape(rank=8, alpha=16.0, tokens=(7, 990))


def rows(count):
    generator = np.random.default_rng(0)
    examples = []
    for _ in range(3 * count):
        ids = generator.integers(5, SHAPE.vocabulary, 80).tolist()
        examples.append(Example(ids[:50], ids[50:]))
    return torch.from_numpy(pack(examples, SHAPE.context, 4)[:count].astype(np.int64))


def gradients(precision, **settings):
    torch.manual_seed(0)
    model = Transformer(SHAPE).cuda()
    wrap(model, ADAPTER)
    for weight in model.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, std=0.02)
    run = TuningRun(depth=4, clip=1e9, micro_tokens=4 * SHAPE.context, **settings)
    one = Learner(run, model, Supervised(), OnlyAdamW)
    loss, norm = one.gradients(rows(8), 0, precision)
    return loss, norm, {name: t.grad.clone() for name, t in adapter_tensors(model).items()}


@pytest.mark.parametrize(("precision", "bound"), [("fp32", 1e-3), ("bf16", 3e-2)])
def test_what_is_compiled_learns_the_same(precision, bound):
    fast, plain = gradients(precision), gradients("fp32", compile="off")
    assert fast[0] == pytest.approx(plain[0], rel=bound)
    assert fast[1] == pytest.approx(plain[1], rel=bound)
    for name, gradient in plain[2].items():
        error = (fast[2][name] - gradient).norm() / gradient.norm()
        assert error < bound, name
