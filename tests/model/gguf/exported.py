"""Small random models of every family, written to GGUF with a small tokenizer."""

from dataclasses import replace
from pathlib import Path

from codekiln.model.config import ModelConfig, RopeScaling
from codekiln.model.gguf import GgufType, write_gguf
from codekiln.model.transformer import Transformer
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from model.shapes import GROUPED, LLAMA, random_model
from model.shapes import QWEN_2 as WIDE_QWEN_2

# Llama 3.1's: a file has no room for others.
SCALING = RopeScaling(factor=8.0, low=1.0, high=4.0, original_context=8192)
LLAMA_3 = replace(LLAMA, rope_scaling=SCALING, rope_base=500_000.0)
# In Qwen2 the heads share the width: all programs take that for granted.
QWEN_2 = replace(WIDE_QWEN_2, heads=2, key_value_heads=1)
UNTIED = [replace(config, tied=False) for config in (GROUPED, LLAMA, QWEN_2)]
NARROW = replace(GROUPED, width=48)  # no whole blocks
FAMILIES = [
    replace(config, vocabulary=tiny_tokenizer().vocabulary_size + 9)
    for config in (GROUPED, LLAMA, LLAMA_3, QWEN_2, *UNTIED, NARROW)
]


def export(
    folder: Path, config: ModelConfig, kind: GgufType = "f16", tokenizer: Tokenizer | None = None
) -> Transformer:
    """Write a random model to `folder / "model.gguf"`; it is returned as it was in fp32."""
    model = random_model(config)
    write_gguf(folder / "model.gguf", model, tokenizer or tiny_tokenizer(), kind, "tiny")
    return model
