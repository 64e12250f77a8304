"""The stage that makes an encoder of functions and what is said of them, from one that knows code."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics
from codekiln.config import parse
from codekiln.device import pick_device, seed_everything
from codekiln.model.weights import load_model
from codekiln.tokenizer import Tokenizer
from codekiln.tokenizer.special import PADDING
from codekiln.training.config import EncoderConfig, ModelStageConfig
from codekiln.training.contrastive import Contrastive
from codekiln.training.learner import Learner
from codekiln.training.stage import learn, splits


def build(config: EncoderConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Go on from the model with pairs of documentation and function, computed as the model was.

    Raises:
        ModelError: the model cannot be loaded, or is none of these rows' tokenizer.
        TrainingError: the rows are made with another tokenizer, training failed, or several processes
            were to do it.
    """
    start = inputs["model"]
    tokenizer = Tokenizer.load(inputs["tokenizer"].path)
    train, held_out = splits(inputs["functions"])
    settings = replace(
        parse(ModelStageConfig, start.manifest["config"]),
        tokens=config.tokens,
        seconds=config.seconds,
        batch_tokens=config.pairs * train.length,
        learning_rate=config.matrix_rate(),
        threads=start.statistics["calibration"]["threads"],
        precision=start.statistics["calibration"]["precision"],
    )

    def new_learner() -> Learner:
        seed_everything(settings.seed)
        model = load_model(start.path, tokenizer.fingerprint, causal=False).to(pick_device())
        return Learner(settings, model.train(), Contrastive(tokenizer.special(PADDING)))

    return learn(new_learner, tokenizer, train, held_out, out)


STAGE = Stage("encoder", 2, build)
