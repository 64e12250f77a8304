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
from codekiln.inputs import RowStore
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.model.weights import save_model
from codekiln.tokenizer import FILE_NAME as TOKENIZER_FILE
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.calibration import Calibration, calibrate
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.loop import Trainer

CALIBRATION = "calibration.json"


def build(config: ModelStageConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Calibrate once, train, leave a model folder with its tokenizer and the metrics of the run."""
    keep_freed_memory()
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    train = RowStore.of(inputs["inputs"], "train")
    held_out = RowStore.of(inputs["inputs"], "held_out")
    shape = ModelConfig.from_depth(config.depth, tokenizer.vocabulary_size, train.length)
    plan = _plan(config, shape, tokenizer, train, out)
    torch.set_num_threads(plan.threads)
    trainer = _trainer(config, shape, tokenizer)
    end = trainer.train(train, held_out, plan, out)
    save_model(out, trainer.model, tokenizer.end, tokenizer.fingerprint)
    write_atomically(out / TOKENIZER_FILE, tokenizer.definition.encode())
    discard(out / "checkpoints")
    return {
        "parameters": shape.parameters(),
        "tokens": end.loader * train.length,
        "epochs": round(end.loader / len(train), 3),
        "seconds": round(end.seconds, 1),
        "calibration": plan.plain(),
    }


def _trainer(config: ModelStageConfig, shape: ModelConfig, tokenizer: Tokenizer) -> Trainer:
    seed_everything(config.seed)
    model = Transformer(shape).to(pick_device())
    return Trainer(config, model, tokenizer.end, tokenizer.special(PADDING))


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
    trial = _trainer(config, shape, tokenizer)

    def step(rows: int, precision: Precision) -> None:
        trial.update(torch.from_numpy(train[[0] * rows]), precision, scale=0.0)

    batch = max(1, config.batch_tokens // train.length)
    plan = calibrate(config, batch, train.length, step)
    write_sealed(path, plan.plain())
    return plan


STAGE = Stage("model", 1, build)
