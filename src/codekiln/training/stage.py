"""The stage that pretrains a model on packed rows."""

from collections.abc import Mapping
from pathlib import Path

import torch

from codekiln.artifact import (
    Artifact,
    Stage,
    Statistics,
    discard,
    read_sealed,
    write_atomically,
    write_sealed,
)
from codekiln.device import keep_freed_memory, pick_device, seed_everything
from codekiln.errors import TrainingError
from codekiln.inputs import RowStore
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.model.weights import save_model
from codekiln.tokenizer import FILE_NAME as TOKENIZER_FILE
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.calibration import Calibration, calibrate
from codekiln.training.causal import Causal
from codekiln.training.checkpoint import Position
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.learner import Learner
from codekiln.training.loop import Training
from codekiln.training.samples import SampleWriter
from codekiln.training.throughput import flops_per_token, memory_in_use, peak_flops

CALIBRATION = "calibration.json"


def build(config: ModelStageConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Calibrate once, train, leave a model folder with its tokenizer and the metrics of the run."""
    keep_freed_memory()
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    train = RowStore.of(inputs["inputs"], "train")
    held_out = RowStore.of(inputs["inputs"], "held_out")
    _check_fit(tokenizer, train)
    shape = ModelConfig.from_depth(config.depth, tokenizer.vocabulary_size, train.length)
    plan = _plan(config, shape, tokenizer, train, out)
    torch.set_num_threads(plan.threads)
    learner = _learner(config, shape, tokenizer)
    sample = SampleWriter(learner.model, tokenizer, held_out, out)
    end = Training(learner, train, held_out, plan, out).run(sample)
    save_model(out, learner.model, tokenizer.end, tokenizer.fingerprint)
    write_atomically(out / TOKENIZER_FILE, tokenizer.definition.encode())
    discard(out / "checkpoints")
    return _statistics(learner, train, plan, end)


def _statistics(learner: Learner, train: RowStore, plan: Calibration, end: Position) -> Statistics:
    shape, tokens = learner.model.config, end.loader * train.length
    flops = flops_per_token(shape, train.length) * tokens / max(end.seconds, 1e-9)
    return {
        "parameters": shape.parameters(),
        "tokens": tokens,
        "epochs": round(end.loader / len(train), 3),
        "seconds": round(end.seconds, 1),
        "tokens_per_second": round(tokens / max(end.seconds, 1e-9)),
        "share_of_peak": round(flops / peak_flops(learner.device, plan.precision), 3),
        "memory_bytes": memory_in_use(learner.device),
        "skipped_steps": end.skipped,
        "calibration": plan.plain(),
    }


def _learner(config: ModelStageConfig, shape: ModelConfig, tokenizer: Tokenizer) -> Learner:
    seed_everything(config.seed)
    model = Transformer(shape).to(pick_device())
    return Learner(config, model, Causal(tokenizer.end, tokenizer.special(PADDING)))


def _check_fit(tokenizer: Tokenizer, rows: RowStore) -> None:
    largest = rows.largest()
    if largest >= tokenizer.vocabulary_size:
        raise TrainingError(
            f"The rows hold the id {largest}, and the tokenizer has {tokenizer.vocabulary_size} ids: "
            "pack the rows with this tokenizer."
        )


def _plan(
    config: ModelStageConfig,
    shape: ModelConfig,
    tokenizer: Tokenizer,
    train: RowStore,
    out: Path,
) -> Calibration:
    """The calibration an earlier run of this artifact wrote down, or a new one."""
    path = out / CALIBRATION
    if path.exists():
        return Calibration(**read_sealed(path))
    trial = _learner(config, shape, tokenizer)

    def step(rows: int, precision: Precision) -> None:
        trial.gradients(torch.from_numpy(train[[0] * rows]), 0, precision)
        trial.update(scale=0.0)

    batch = max(1, config.batch_tokens // train.length)
    plan = calibrate(config, batch, train.length, step, on_gpu=trial.device.type == "cuda")
    write_sealed(path, plan.plain())
    return plan


STAGE = Stage("model", 2, build)
