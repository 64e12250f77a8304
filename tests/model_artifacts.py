"""Finished models without a training run: random weights with a small tokenizer, as artifacts."""

import json
from dataclasses import replace
from pathlib import Path

from codekiln.artifact import Artifact, Stage, produce
from codekiln.model.config import ModelConfig
from codekiln.model.transformer import Transformer
from codekiln.model.weights import save_model
from codekiln.tokenizer import FILE_NAME, SETTINGS_NAME, Tokenizer
from fakes import tiny_tokenizer
from model.shapes import GROUPED, random_model

SPARE = 9  # rows of the embedding that no token has


def sized(config: ModelConfig, tokenizer: Tokenizer) -> ModelConfig:
    """The shape with an embedding that the tokenizer fits in."""
    return replace(config, vocabulary=tokenizer.vocabulary_size + SPARE)


def fill(folder: Path, model: Transformer, tokenizer: Tokenizer) -> None:
    """The files of a model's folder."""
    folder.mkdir(exist_ok=True)
    save_model(folder, model, tokenizer.stop, tokenizer.fingerprint)
    (folder / FILE_NAME).write_text(tokenizer.definition, encoding="utf-8")
    if tokenizer.settings:
        (folder / SETTINGS_NAME).write_text(json.dumps(dict(tokenizer.settings)))


def model_artifact(
    work: Path, config: ModelConfig = GROUPED, tokenizer: Tokenizer | None = None
) -> Artifact:
    """A random model as training would leave it."""
    tokenizer = tokenizer or tiny_tokenizer()
    model = random_model(sized(config, tokenizer))

    def build(*arguments: object) -> dict[str, int]:
        fill(arguments[-1], model, tokenizer)  # type: ignore[arg-type]
        return {"parameters": model.config.parameters()}

    return produce(Stage("model", 1, build), {}, {}, work, "tiny")
