"""A step of training on one GPU: tokens a second, the share of its peak, memory; the peer is transformers.

Peak is the maker's figure for dense bf16, operations are counted as in PaLM (appendix B), and a row holds
about three documents, so that attention is masked as in training. The peer trains its Qwen3 of the same
shape with autocast, fused AdamW and torch's attention, not compiled and without masks between documents.
For comparison, on one H100: nanochat 41 % at depth 12 and about 50 % at depth 24, llm.c about 40 %,
nanoGPT 29 %.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import torch

from codekiln.errors import TrainingError
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import to_hugging_face
from codekiln.model.transformer import Transformer
from codekiln.training.causal import Causal
from codekiln.training.config import ModelStageConfig
from codekiln.training.learner import Learner
from codekiln.training.throughput import flops_per_token, memory_in_use, peak_flops

SHAPES = ((10, 16_384), (12, 50_304))  # depth and vocabulary: about 60M and 120M parameters
LENGTHS = (1024, 2048)
BATCH_TOKENS = 131_072
WARM_UP, STEPS = 3, 8
END, PADDING = 0, 4

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """A row for each shape and length of rows, then the peer's at the shortest."""
    if not torch.cuda.is_available():
        raise TrainingError("train_gpu needs a GPU with CUDA: run it on a machine that has one.")
    device = torch.cuda.get_device_name()
    ours = [_ours(*shape, length) for shape in SHAPES for length in LENGTHS]
    peers = [_peer(*shape, LENGTHS[0]) for shape in SHAPES]
    return {f"{device}, torch {torch.__version__}, steps of {BATCH_TOKENS} tokens": ours + peers}


def _ours(depth: int, vocabulary: int, length: int) -> Row:
    shape = ModelConfig.from_depth(depth, vocabulary, length)
    config = replace(ModelStageConfig(), depth=depth, batch_tokens=BATCH_TOKENS)
    learner = Learner(config, Transformer(shape).cuda(), Causal(END, PADDING))
    rows = _rows(vocabulary, length)

    def step() -> None:
        learner.gradients(rows, 0, "bf16")
        learner.update(1e-6)

    return _row("codekiln", shape, length, step)


def _peer(depth: int, vocabulary: int, length: int) -> Row:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    shape = ModelConfig.from_depth(depth, vocabulary, length)
    model = Qwen3ForCausalLM(Qwen3Config(**to_hugging_face(shape, END))).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-9, fused=True)
    rows = _rows(vocabulary, length)[:, :-1].cuda()
    parts = rows.split(8192 // length)

    def step() -> None:
        for part in parts:
            with torch.autocast("cuda", torch.bfloat16):
                loss = model(input_ids=part, labels=part, use_cache=False).loss
            (loss / len(parts)).backward()
        optimizer.step()
        optimizer.zero_grad()
        float(loss.detach())

    return _row("transformers", shape, length, step)


def _rows(vocabulary: int, length: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(
        PADDING + 1, vocabulary, (BATCH_TOKENS // length, length + 1), generator=generator
    )
    opening = torch.rand(rows.shape, generator=generator) < 2 / length
    opening[:, 0] = True
    return rows.masked_fill(opening, END)


def _row(name: str, shape: ModelConfig, length: int, step: Callable[[], None]) -> Row:
    torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    for _ in range(WARM_UP):
        step()
    torch.cuda.synchronize()
    compiled = time.perf_counter() - began
    speed = BATCH_TOKENS / median(_seconds(step) for _ in range(STEPS))
    share = speed * flops_per_token(shape, length) / peak_flops(torch.device("cuda"), "bf16")
    found = {
        "": name,
        "parameters": f"{shape.parameters() / 1e6:.1f}M",
        "length": str(length),
        "tokens/s": f"{speed:,.0f}",
        "share of peak": f"{share:.1%}",
        "memory": f"{memory_in_use(torch.device('cuda')) / 1e9:.1f} GB",
        "seconds of the first steps": f"{compiled:.1f}",
    }
    print(found, file=sys.stderr, flush=True)  # a machine that is lent may be taken back
    torch.cuda.empty_cache()
    return found


def _seconds(step: Callable[[], None]) -> float:
    start = time.perf_counter()
    step()
    torch.cuda.synchronize()
    return time.perf_counter() - start
