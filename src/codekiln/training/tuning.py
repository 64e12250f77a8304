"""The stages that tune a model on examples: an adapter beside it, or all of its weights."""

from collections.abc import Mapping
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.device import pick_device, seed_everything
from codekiln.errors import TrainingError
from codekiln.inputs import ReplayedRows, RowSource
from codekiln.inputs.examples import ExampleRows
from codekiln.model.hugging_face import read_config
from codekiln.model.lora.adapter import Adapter, write_adapter
from codekiln.model.lora.wrap import adapter_tensors, wrap
from codekiln.model.transformer import Transformer
from codekiln.model.weights import load_model, save_model
from codekiln.tokenizer import FILE_NAME, SETTINGS_NAME, Tokenizer
from codekiln.training.learner import Learner
from codekiln.training.optimizer import OnlyAdamW
from codekiln.training.stage import Keep, learn
from codekiln.training.supervised import Supervised
from codekiln.training.tuning_config import TuningConfig


def build(config: TuningConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Tune the model `base` on the rows `examples`; what held-out ones cost least at any look is kept.

    With `method` lora that is an adapter in PEFT's format, or else a model. The statistics tell the loss on
    held-out targets before and after; where nothing helped the two are equal. With the rows `old` of an
    earlier tuning some of them come among the new ones, so that they are not forgotten.

    Raises:
        ModelError: the base cannot be loaded.
        TrainingError: settings, rows and base do not go together, or training failed.
    """
    base, examples = inputs["base"], inputs["examples"]
    tokenizer, lora = Tokenizer.load(base.path), config.method == "lora"
    shape = config.shape(_ids(tokenizer, config.tokens))
    train, held_out = (ExampleRows.of(examples, split) for split in ("train", "held_out"))
    check_base(config, train.length, base)
    check_rows(examples, base)
    source, watched = _with_old(config, base, train, inputs.get("old"))
    watched = {"examples": held_out, **watched}
    run = config.run(len(source), train.length, read_config(base.path).width)

    def new_learner() -> Learner:
        seed_everything(config.seed)
        model = load_model(base.path, tokenizer.fingerprint).train().to(pick_device())
        if lora:
            wrap(model, shape)
        return Learner(run, model, Supervised(), OnlyAdamW)

    def keep_adapter(out: Path, model: Transformer, _tokenizer: Tokenizer) -> None:
        tensors = adapter_tensors(model).items()
        arrays = {name: tensor.detach().float().cpu().numpy() for name, tensor in tensors}
        write_adapter(out, Adapter(shape, arrays), base, model.config)

    def keep_model(out: Path, model: Transformer, tokenizer: Tokenizer) -> None:
        save_model(out, model, tokenizer.stop, tokenizer.fingerprint)
        for name in (FILE_NAME, SETTINGS_NAME):
            if (base.path / name).exists():
                write_atomically(out / name, (base.path / name).read_bytes())

    keep: Keep = keep_adapter if lora else keep_model
    return learn(
        new_learner, tokenizer, source, held_out, out, watched, patience=config.patience, keep=keep
    )


def _with_old(
    config: TuningConfig, base: Artifact, train: ExampleRows, old: Artifact | None
) -> tuple[RowSource, dict[str, ExampleRows]]:
    """What to learn from, and the held-out rows of an earlier tuning, if there was one."""
    if old is None:
        return train, {}
    check_rows(old, base)
    earlier = ExampleRows.of(old, "train")
    if earlier.length != train.length:
        raise TrainingError(
            f"examples.row_length is {train.length}, and the rows in {old.path} have {earlier.length} "
            f"tokens: set it to {earlier.length}."
        )
    source = ReplayedRows(train, earlier, config.replay) if config.replay else train
    return source, {"old": ExampleRows.of(old, "held_out")}


def check_base(config: TuningConfig, row_length: int, base: Artifact) -> None:
    """See whether settings go together with the model to tune.

    Raises:
        ModelError: the base is damaged.
        TrainingError: they do not.
    """
    shape = read_config(base.path)
    if not shape.causal:
        raise TrainingError(
            f"{base.path} is an encoder, which writes nothing: tune a causal model."
        )
    try:
        config.shape().check()
    except ValueError as error:
        raise TrainingError(
            f"The adapter cannot be made ({error}): mend the table tuning."
        ) from None
    if row_length > shape.context:
        raise TrainingError(
            f"examples.row_length is {row_length}, and the context of {base.path} is {shape.context}: set "
            f"it to {shape.context} at most."
        )
    _ids(Tokenizer.load(base.path), config.tokens)


def check_rows(examples: Artifact, base: Artifact) -> None:
    """See whether rows are of the model's tokenizer.

    Raises:
        TrainingError: they are not.
    """
    if examples.statistics["tokenizer_sha256"] != Tokenizer.load(base.path).fingerprint:
        raise TrainingError(
            f"The rows in {examples.path} were made with another tokenizer than that of {base.path}: make "
            "them with its own."
        )


def _ids(tokenizer: Tokenizer, tokens: tuple[str, ...]) -> tuple[int, ...]:
    """Of special tokens.

    Raises:
        TrainingError: there is no such token.
    """
    unknown = next((token for token in tokens if not tokenizer.knows(token)), None)
    if unknown is not None:
        raise TrainingError(
            f"The base has no token {unknown}: extend it by that first, or leave it out of tuning.tokens."
        )
    return tuple(sorted(tokenizer.special(token) for token in tokens))


ADAPTER = Stage("adapter", 1, build)
MODEL = Stage("model", 1, build)
