"""The stage that pretrains a model on packed rows."""

import gc
from collections.abc import Callable, Mapping
from dataclasses import replace
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
from codekiln.inputs import RowSource, RowStore
from codekiln.model.bidirectional import new_model
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.model.weights import save_model
from codekiln.tokenizer import FILE_NAME as TOKENIZER_FILE
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.calibration import Calibration, calibrate, settled
from codekiln.training.causal import Causal
from codekiln.training.checkpoint import Position
from codekiln.training.config import ModelStageConfig, Precision
from codekiln.training.learner import Learner
from codekiln.training.loop import Training, evenly
from codekiln.training.masked import Masked
from codekiln.training.next_segment import NextSegment
from codekiln.training.objective import Objective
from codekiln.training.parallel import whole
from codekiln.training.samples import SampleWriter
from codekiln.training.throughput import flops_per_token, memory_in_use, peak_flops
from codekiln.training.world import here

CALIBRATION = "calibration.json"
WATCHED_ROWS = 64
Keep = Callable[[Path, Transformer, Tokenizer], None]
ROWS = {"causal": "inputs", "masked": "segments"}  # the stage whose rows an objective reads


def build(config: ModelStageConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Make a causal model or an encoder, by the objective.

    Raises:
        TrainingError: the rows are made for another tokenizer, or training failed.
    """
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    train, held_out = splits(inputs["inputs"])
    shape = ModelConfig.from_depth(config.depth, tokenizer.vocabulary_size, train.length)
    shape = replace(shape, causal=config.objective == "causal")

    def new_learner() -> Learner:
        seed_everything(config.seed)
        model = new_model(shape).to(pick_device())
        return Learner(config, model, objective_of(config, tokenizer))

    return learn(new_learner, tokenizer, train, held_out, out)


def splits(rows: Artifact) -> tuple[RowStore, RowStore]:
    """The rows to train on, and those held out."""
    return RowStore.of(rows, "train"), RowStore.of(rows, "held_out")


def learn(
    new_learner: Callable[[], Learner],
    tokenizer: Tokenizer,
    train: RowSource,
    held_out: RowStore,
    out: Path,
    watched: Mapping[str, RowStore] | None = None,
    *,
    patience: int = 0,
    keep: Keep | None = None,
) -> Statistics:
    """Calibrate once, train, leave a model folder with its tokenizer and the metrics of the run.

    The statistics have the loss on the `watched` rows, by their names, before and after it; `patience` is
    as in `Training`. `keep` writes something else of the trained model, which then writes no samples
    either. Under torchrun all processes must call this (`together.produce`); the first one writes.
    """
    keep_freed_memory()
    _check_fit(tokenizer, train)
    plan = _plan(new_learner, train, out)
    gc.collect()  # a model in shards refers to itself, and the one that was tried is to make room
    torch.set_num_threads(plan.threads)
    learner = new_learner()
    if plan.compiled:
        learner.compile()
    model = learner.model
    before = _losses(learner, watched or {}, plan)
    samples = keep is None and model.config.causal
    sample = SampleWriter(model, tokenizer, held_out, out) if samples else None
    end = Training(learner, train, held_out, plan, out, patience).run(sample)
    made = whole(model)
    if made is not None:
        (keep or _keep_model)(out, made, tokenizer)
        discard(out / "checkpoints")
    after = _losses(learner, watched or {}, plan)
    losses = {name: {"before": before[name], "after": after[name]} for name in before}
    return {
        **_statistics(learner, train, plan, end),
        **({"steps": end.step, "best_step": end.best_step} if patience else {}),
        **({"held_out_losses": losses} if losses else {}),
    }


def _keep_model(out: Path, model: Transformer, tokenizer: Tokenizer) -> None:
    save_model(out, model, tokenizer.end, tokenizer.fingerprint)
    write_atomically(out / TOKENIZER_FILE, tokenizer.definition.encode())


def _losses(
    learner: Learner, watched: Mapping[str, RowStore], plan: Calibration
) -> dict[str, float]:
    """In nats, on rows that are evenly spread over each store."""
    losses = {}
    for name, store in watched.items():
        rows = torch.from_numpy(store[evenly(len(store), WATCHED_ROWS)])
        losses[name] = round(learner.mean_loss(rows, plan.precision), 4)
    return losses


def _statistics(learner: Learner, train: RowSource, plan: Calibration, end: Position) -> Statistics:
    shape, tokens = learner.model.config, end.loader * train.length
    each = flops_per_token(shape, train.length, learner.learned())
    flops = each * tokens / max(end.seconds, 1e-9)
    peak = peak_flops(learner.device, plan.precision) * learner.world.size
    return {
        "parameters": sum(parameter.numel() for parameter in learner.model.parameters()),
        **({"learned_parameters": learned} if (learned := learner.learned()) else {}),
        "tokens": tokens,
        "epochs": round(end.loader / len(train), 3),
        "seconds": round(end.seconds, 1),
        "tokens_per_second": round(tokens / max(end.seconds, 1e-9)),
        "share_of_peak": round(flops / peak, 3),
        "processes": learner.world.size,
        "memory_bytes": memory_in_use(learner.device),
        "skipped_steps": end.skipped,
        "calibration": plan.plain(),
    }


def objective_of(config: ModelStageConfig, tokenizer: Tokenizer) -> Objective:
    """What the setting `objective` means."""
    if config.objective == "masked":
        return NextSegment(Masked(tokenizer, config.seed, whole_tokens=config.whole_tokens))
    return Causal(tokenizer.end, tokenizer.special(PADDING))


def _check_fit(tokenizer: Tokenizer, rows: RowSource) -> None:
    largest = rows.largest()
    if largest >= tokenizer.vocabulary_size:
        raise TrainingError(
            f"The rows hold the id {largest}, and the tokenizer has {tokenizer.vocabulary_size} ids: "
            "pack the rows with this tokenizer."
        )


def _plan(new_learner: Callable[[], Learner], train: RowSource, out: Path) -> Calibration:
    """The calibration an earlier run of this artifact wrote down, or a new one."""
    path, world = out / CALIBRATION, here()
    known = world.told(read_sealed(path) if world.first and path.exists() else None)
    if known is not None:
        return Calibration(**known)
    trial = new_learner()

    def step(rows: int, precision: Precision) -> None:
        trial.gradients(torch.from_numpy(train.drawn([0] * rows, 0)), 0, precision)
        trial.update(scale=0.0)

    config = trial.config.with_budget(trial.model.config.parameters())
    rows, choosing = config.step_rows(train.length), trial.device.type != "cuda"
    # Of several processes each would choose for itself.
    tries = choosing and config.compile == "auto" and world.size == 1
    plan = calibrate(
        config if choosing else settled(config),
        rows,
        train.length,
        step,
        trial.compile if tries else None,
    )
    plan = world.told(plan)
    if world.first:
        write_sealed(path, plan.plain())
    return plan


STAGE = Stage("model", 3, build)
