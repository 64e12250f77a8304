"""The evaluation of bits per byte by language: an artifact of results, a file an item."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics, produce
from codekiln.errors import UsageError
from codekiln.evaluate.bits_per_byte import token_bits
from codekiln.evaluate.replay.commits import as_it_stands
from codekiln.evaluate.replay.history import code_of
from codekiln.evaluate.results import STAGE_NAME, Facts, Item, named, write_results
from codekiln.evaluate.subset import part_of, spread
from codekiln.generate import Engine
from codekiln.generate.loading import load_engine
from codekiln.inputs.formats import Header, header_ids
from codekiln.languages import language_of
from codekiln.telemetry import progress
from codekiln.tokenizer import Tokenizer


@dataclass(frozen=True)
class BitsConfig:
    """Settings: how many files, evenly spread by path, and how many tokens are read at once at most."""

    tasks: int | None = None
    context: int = 1024
    seed: int = 0


def code_in(folders: Sequence[Path]) -> dict[str, str]:
    """The code of some folders by path, each path with its folder's name in front.

    Raises:
        SourceError: one of them cannot be read.
        UsageError: they hold no code.
    """
    found: dict[str, str] = {}
    for folder in folders:
        source = as_it_stands(folder)
        try:
            texts = code_of(source)
        finally:
            source.close()
        found |= {f"{folder.resolve().name}/{path}": text for path, text in texts.items() if text}
    if not found:
        raise UsageError("There is no code in these folders: name others.")
    return dict(sorted(found.items()))


def evaluate_bits(
    files: Mapping[str, str], model: Artifact, config: BitsConfig, work: Path
) -> Artifact:
    """Measure, or find what was measured of the same files; errors as those of `load_engine`."""

    def build(_: object, __: Mapping[str, Artifact], out: Path) -> Statistics:
        chosen = spread(list(files), config.tasks)
        part = part_of(len(chosen), len(files))
        engine, tokenizer = load_engine(model.path), Tokenizer.load(model.path)
        items = []
        with progress(
            "bits per byte", sum(len(files[path]) for path in chosen), "characters"
        ) as task:
            for path in chosen:
                items.append(_item(engine, tokenizer, path, files[path], part, config.context))
                task.advance(len(files[path]))
        return write_results(out, items, Facts.of("bits per byte", model, config.seed))

    state = hashlib.sha256(json.dumps(dict(files)).encode()).hexdigest()
    stage = Stage(STAGE_NAME, 2, build)
    return produce(stage, config, {"model": model}, work, "bits", {"files": state})


def _item(
    engine: Engine, tokenizer: Tokenizer, path: str, text: str, part: str, context: int
) -> Item:
    """Of the file's header the model is told the language alone."""
    language = language_of(path, text.partition("\n")[0])
    name = language.name if language else "other"
    header = header_ids(tokenizer, Header(language=name if language else ""))
    bits = float(token_bits(engine, header, tokenizer.encode(text), context).sum())
    figures = {"bits per byte": (bits, float(len(text.encode())))}
    return Item("model", named(path, text), path, (part, name), figures)
