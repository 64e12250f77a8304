"""A step of training on the processor: ours against transformers' Trainer with the same Qwen3, in bf16.

Both read the same rows, in batches as large as they follow from depth with us, and take whole steps:
forward, backward, clipping, update (Muon and AdamW with us, fused AdamW with the Trainer, which does less).
Documents are not masked: the peer cannot. Each runs as it does unless told otherwise, which for us means
compiled layers (a run of ten minutes or more, and a C++ compiler), and with and without compiling as well.
"""

import tempfile

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM, Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback

from bench.pairs import ratio
from codekiln.device import keep_freed_memory
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import to_hugging_face
from codekiln.model.transformer import Transformer
from codekiln.training.causal import Causal
from codekiln.training.config import ModelStageConfig
from codekiln.training.learner import Learner

SHAPES = ((2, 4096, 256, 9), (6, 4096, 512, 5), (8, 16_384, 512, 4))  # depth … pairs of runs
STEPS = 2  # of the Trainer in one go, so that its start does not count for much
END, PADDING = 0, 4
WAYS = (
    ("as each runs by itself: ours compiled, the Trainer not", True, False),
    ("neither compiled", False, False),
    ("both compiled", True, True),
)

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """Tokens a second of ours, and how many times the peer's."""
    keep_freed_memory()  # for both
    return {
        title: [_compare(*shape, ours=ours, theirs=theirs) for shape in SHAPES]
        for title, ours, theirs in WAYS
    }


def _compare(
    depth: int, vocabulary: int, length: int, times: int, *, ours: bool, theirs: bool
) -> Row:
    torch.manual_seed(0)
    config = ModelStageConfig(depth=depth, compile="on" if ours else "off")
    rows = config.step_rows(length)
    shape = ModelConfig.from_depth(depth, vocabulary, length)
    ids = torch.randint(PADDING + 1, vocabulary, (rows, length + 1))
    learner = Learner(config, Transformer(shape), Causal(END, PADDING))
    peer = Qwen3ForCausalLM(Qwen3Config(**to_hugging_face(shape, END)))
    data = [{"input_ids": row, "labels": row} for row in ids[:, :-1]] * STEPS

    def our_steps() -> None:
        for _ in range(STEPS):
            learner.gradients(ids, 0, "bf16")
            learner.update(1e-6)

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=rows,
            max_steps=STEPS,
            learning_rate=1e-6,
            bf16=True,
            use_cpu=True,
            torch_compile=theirs,
            report_to=[],
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        trainer = Trainer(model=peer, args=arguments, train_dataset=data)
        for callback in (PrinterCallback, ProgressCallback):
            trainer.remove_callback(callback)
        seconds, faster = ratio(our_steps, trainer.train, times)
    return {
        "parameters": f"{shape.parameters() / 1e6:.1f}M",
        "tokens a step": f"{rows * length:,}",
        "tokens/s": f"{STEPS * rows * length / seconds:.0f}",
        "against the Trainer": f"{faster:.2f}x",
    }
