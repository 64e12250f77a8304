"""Forward and backward of one batch: our transformer and loss against transformers' Qwen3, same weights."""

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from bench.pairs import ratio
from codekiln.device import keep_freed_memory
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import to_hugging_face
from codekiln.model.transformer import Transformer
from codekiln.training.objective import causal_loss

SHAPES = ((2, 256, 8), (4, 512, 4), (6, 512, 4))  # depth, row length, rows
VOCABULARY = 4096


def run() -> dict[str, list[dict[str, str]]]:
    """Tokens a second of ours, and how many times the peer's, in bf16."""
    keep_freed_memory()  # for both
    return {"one step": [_compare(*shape) for shape in SHAPES]}


def _compare(depth: int, length: int, rows: int) -> dict[str, str]:
    torch.manual_seed(0)
    config = ModelConfig.from_depth(depth, VOCABULARY, length)
    ours = Transformer(config)
    peer = Qwen3ForCausalLM(Qwen3Config(**to_hugging_face(config, end=0)))
    peer.load_state_dict(ours.state_dict(), strict=False)
    ids = torch.randint(1, VOCABULARY, (rows, length + 1))
    inputs, labels = ids[:, :-1], ids[:, 1:]
    documents = torch.zeros_like(inputs)

    def our_step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            (causal_loss(ours, inputs, labels, documents) / labels.numel()).backward()

    def peer_step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            peer(input_ids=ids, labels=ids, use_cache=False).loss.backward()

    seconds, faster = ratio(our_step, peer_step, times=7)
    return {
        "parameters": f"{config.parameters() / 1e6:.1f}M",
        "tokens/s": f"{labels.numel() / seconds:.0f}",
        "against transformers": f"{faster:.2f}x",
    }
