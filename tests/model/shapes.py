"""Small transformers whose weights are all random: none is zero, none is one."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from codekiln.model.bidirectional import new_model
from codekiln.model.config import ModelConfig, RopeScaling
from codekiln.model.transformer import Transformer

# Nothing here is a default of transformers or of ours, so a setting that gets lost shows.
GROUPED = ModelConfig(
    vocabulary=300,
    context=512,
    layers=2,
    width=64,
    heads=4,
    key_value_heads=2,
    hidden=96,
    head_width=32,
    rope_base=5_000.0,
    norm_epsilon=1e-5,
)

LLAMA = replace(GROUPED, qk_norm=False)
LLAMA_3 = replace(
    LLAMA, rope_scaling=RopeScaling(factor=8.0, low=1.0, high=4.0, original_context=128)
)
QWEN_2 = replace(GROUPED, qk_norm=False, attention_bias=True)
UNTIED = [replace(config, tied=False) for config in (GROUPED, LLAMA, QWEN_2)]
FAMILIES = [GROUPED, LLAMA, LLAMA_3, QWEN_2, *UNTIED]


def random_model(config: ModelConfig = GROUPED, seed: int = 0) -> Transformer:
    """A model in evaluation mode that uses every one of its weights."""
    generator = torch.Generator().manual_seed(seed)
    model = new_model(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith(".bias"):
                parameter.copy_(noise)
            elif parameter.ndim == 1:
                parameter.copy_(1 + 0.3 * noise)
            else:
                parameter.copy_(noise / math.sqrt(parameter.shape[1]))
    return model.eval()


def random_ids(*shape: int, seed: int = 0, vocabulary: int = GROUPED.vocabulary) -> Tensor:
    """Random token ids of a shape."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocabulary, shape, generator=generator)


@torch.no_grad()
def all_logits(model: Transformer, ids: Tensor, documents: Tensor | None = None) -> Tensor:
    """The logits `[B, T, V]` of a whole sequence, without a cache."""
    return model.logits(model(ids, documents))
