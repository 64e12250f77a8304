"""The stage that goes on from a trained model: its tokenizer and weights, new rows, some old ones."""

from collections.abc import Mapping
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.device import pick_device, seed_everything
from codekiln.errors import TrainingError
from codekiln.inputs import ReplayedRows, RowSource, RowStore
from codekiln.model.hugging_face import read_config
from codekiln.model.weights import load_model
from codekiln.tokenizer import SPECIAL_TOKENS, Tokenizer
from codekiln.training.config import ModelStageConfig
from codekiln.training.learner import Learner
from codekiln.training.stage import ROWS, learn, objective_of, splits


def build(config: ModelStageConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Train the model `base` on the rows `inputs`, with a share of `config.replay` from the rows `old`.

    Whether there are `old` rows or not, the statistics tell the loss on held-out rows before and after; of
    old ones too, if there are any, so that forgetting is seen.

    Raises:
        ModelError: the base cannot be loaded.
        TrainingError: settings, rows and base do not go together, or training failed.
    """
    base, old = inputs["base"], inputs.get("old")
    tokenizer = Tokenizer.load(base.path)
    train, held_out = splits(inputs["inputs"])
    check_base(config, train.length, base)
    check_old(config, train.length, base, old)
    watched = {"new": held_out}
    source: RowSource = train
    if old is not None:
        old_train, watched["old"] = splits(old)
        if config.replay:
            source = ReplayedRows(train, old_train, config.replay)

    def new_learner() -> Learner:
        seed_everything(config.seed)
        causal = config.objective == "causal"
        model = load_model(base.path, tokenizer.fingerprint, causal=causal).train()
        return Learner(config, model.to(pick_device()), objective_of(config, tokenizer))

    return learn(new_learner, tokenizer, source, held_out, out, watched)


def check_base(config: ModelStageConfig, row_length: int, base: Artifact) -> None:
    """See whether settings and rows go together with the model to go on from.

    Raises:
        ModelError: the base is damaged.
        TrainingError: they do not.
    """
    shape, tokenizer = read_config(base.path), Tokenizer.load(base.path)
    if not all(tokenizer.knows(token) for token in SPECIAL_TOKENS):
        raise TrainingError(
            f"The tokenizer of {base.path} lacks tokens that our rows are laid out with: give a model that "
            "codekiln trained."
        )
    objective = "causal" if shape.causal else "masked"
    if config.objective != objective:
        raise _contradiction(base, "model.objective", config.objective, objective)
    if config.depth != shape.layers:
        raise _contradiction(base, "model.depth", config.depth, shape.layers)
    if row_length > shape.context:
        raise _contradiction(base, _length_of(config), row_length, shape.context)


def check_old(
    config: ModelStageConfig, row_length: int, base: Artifact, old: Artifact | None
) -> None:
    """See whether old rows, if there are any, can be replayed among new ones.

    Raises:
        TrainingError: there are none, or they have another length, or were made with another tokenizer.
    """
    if old is None:
        if config.replay:
            raise TrainingError(
                f"model.replay is {config.replay:g}, and there are no old rows: give them, or set it to 0."
            )
        return
    tokenizer = Tokenizer.load(base.path).fingerprint
    if old.statistics.get("tokenizer_sha256", tokenizer) != tokenizer:
        raise TrainingError(
            f"The rows in {old.path} were made with another tokenizer than that of {base.path}: give those "
            "that it was trained on."
        )
    length = RowStore.of(old, "train").length
    if config.replay and length != row_length:
        raise TrainingError(
            f"{_length_of(config)} is {row_length}, and the old rows have {length} tokens: set it to "
            f"{length}, or model.replay to 0."
        )


def _contradiction(base: Artifact, setting: str, given: object, wanted: object) -> TrainingError:
    return TrainingError(
        f"{setting} is {given}, and that of {base.path} is {wanted}: set it to {wanted}."
    )


def _length_of(config: ModelStageConfig) -> str:
    return f"{ROWS[config.objective]}.row_length"


STAGE = Stage("model", 2, build)
