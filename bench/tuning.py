"""Tuning SmolLM2-135M-Instruct on the processor: an adapter, all weights, and the adapter of PEFT.

A step is forward, backward, clipping and AdamW on 8 rows in bf16, two fifths of whose tokens are targets.
Each way is a process of its own, so that its peak of memory is its own, and they take turns; time is that
of the one processor they use, so that others on the machine count for less. PEFT wraps transformers'
model, with the same rank around the same matrices, whose logits all go through the output layer.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from codekiln.artifact import open_artifact
from codekiln.device import keep_freed_memory
from codekiln.inputs.examples import Example, ids_of, is_target, pack
from codekiln.model.lora.wrap import wrap
from codekiln.model.transformer import Transformer
from codekiln.model.weights import load_model, save_model
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer
from codekiln.training.learner import Learner
from codekiln.training.optimizer import OnlyAdamW
from codekiln.training.supervised import Supervised
from codekiln.training.tuning_config import TuningConfig

MODEL = "smollm2-135m-instruct-q4_1"
WAYS = {"adapter": "lora", "all weights": "full", "adapter, PEFT": "peft"}
ROWS, LENGTH, STEPS, TURNS = 8, 512, 2, 2
Measured = dict[str, float]


def run() -> dict[str, list[dict[str, str]]]:
    """Tokens a second and the peak of memory, by the way of tuning."""
    from bench.weights import WORK

    folder = str(pull(MODEL, WORK).path)
    found: dict[str, list[Measured]] = {name: [] for name in WAYS}
    for _ in range(TURNS):
        for name, way in WAYS.items():
            command = [sys.executable, "-m", "bench.tuning", way, folder]
            found[name].append(json.loads(subprocess.run(command, stdout=-1, check=True).stdout))
    return {"a step of 4,096 tokens": [_row(name, turns) for name, turns in found.items()]}


def _row(name: str, turns: list[Measured]) -> dict[str, str]:
    return {
        "way": name,
        "tokens a processor second": f"{median(one['speed'] for one in turns):.0f}",
        "GB": f"{median(one['memory'] for one in turns) / 1e9:.2f}",
        "weights learned": f"{turns[0]['learned']:,.0f}",
    }


def rows_of_examples(vocabulary: int) -> torch.Tensor:
    """Random ids, three examples a row."""
    generator = np.random.default_rng(0)
    examples = []
    for _ in range(3 * ROWS):
        ids = generator.integers(0, vocabulary, 171).tolist()
        examples.append(Example(ids[:103], ids[103:]))
    return torch.from_numpy(pack(examples, LENGTH, 0)[:ROWS].astype(np.int64))


def _measure(way: str, folder: str) -> Measured:
    keep_freed_memory()
    torch.set_num_threads(1)
    base = open_artifact(Path(folder))
    model = load_model(base.path, Tokenizer.load(base.path).fingerprint).train()
    rows = rows_of_examples(model.config.vocabulary)
    config = TuningConfig(method="full" if way == "full" else "lora")
    settings = config.run(ROWS, LENGTH, model.config.width)
    if way == "peft":
        step, learned = _peer(model, config, rows)
    else:
        if way == "lora":
            wrap(model, config.shape())
        learner = Learner(settings, model, Supervised(), OnlyAdamW)
        learned = learner.learned() or model.config.parameters()

        def step() -> None:
            learner.gradients(rows, 0, "bf16")
            learner.update(1.0)

    step()
    seconds = []
    for _ in range(STEPS):
        start = time.process_time()
        step()
        seconds.append(time.process_time() - start)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"speed": ROWS * LENGTH / median(seconds), "memory": memory, "learned": learned}


def _peer(
    model: Transformer, config: TuningConfig, rows: torch.Tensor
) -> tuple[Callable[[], None], int]:
    import peft
    import transformers

    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), model, 0, "")
        theirs = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    shape = config.shape()
    tuned = peft.get_peft_model(
        theirs,
        peft.LoraConfig(
            r=shape.rank, lora_alpha=int(shape.alpha), target_modules=list(shape.targets)
        ),
    )
    learned = [p for p in tuned.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-4, fused=True)
    ids = ids_of(rows)[:, :-1]
    labels = ids.masked_fill(~is_target(rows)[:, :-1], -100)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            loss = tuned(ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step, sum(p.numel() for p in learned)


if __name__ == "__main__":
    print(json.dumps(_measure(*sys.argv[1:])))
