"""A model that is given special tokens it lacks: those for filling in, where it has learned without."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, produce, write_atomically
from codekiln.tokenizer import FILE_NAME, SETTINGS_NAME, Tokenizer
from codekiln.tokenizer.extending import extend as extend_tokenizer


def extend(base: Artifact, tokens: Sequence[str], work: Path) -> Artifact:
    """The base with these tokens in the work folder; the base itself if it knows them all.

    It answers as before: the new tokens mean nothing until they are learned (`tuning.tokens`).

    Raises:
        UsageError: a token is none that can be added.
        ArtifactError, ModelError: the base is damaged.
        DiskError: the disk is full, read-only or failing.
    """
    _, missing = extend_tokenizer(Tokenizer.load(base.path), tokens)
    if not missing:
        return base
    config = {"tokens": list(tokens)}
    return produce(STAGE, config, {"base": base}, work, str(base.manifest["name"]))


def _build(config: Any, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    from codekiln.model.arrays import read_arrays
    from codekiln.model.hugging_face import read_config
    from codekiln.model.new_tokens import extended
    from codekiln.model.weights import write_arrays, write_config

    folder = inputs["base"].path
    tokenizer, missing = extend_tokenizer(Tokenizer.load(folder), config["tokens"])
    shape = read_config(folder)
    weights, longer = extended(read_arrays(folder, shape), shape, missing)
    write_arrays(out, weights)
    write_config(out, longer, tokenizer.stop, tokenizer.fingerprint)
    write_atomically(out / FILE_NAME, tokenizer.definition.encode())
    settings = json.dumps(dict(tokenizer.settings), indent=1)
    write_atomically(out / SETTINGS_NAME, settings.encode())
    return {**inputs["base"].statistics, "parameters": longer.parameters(), "tokens": missing}


STAGE = Stage("model", 1, _build)
