"""Every setting that a recipe may hold, with default and meaning: read from the rooms' own classes."""

import dataclasses
import json
import typing
from dataclasses import dataclass

from codekiln.pipeline.recipe import Recipe

ORDER = (
    *("corpus", "tokenizer", "inputs", "model", "index", "evaluation", "report"),
    "tasks",
    *("segments", "functions", "encoder", "encoder_evaluation"),  # of an encoder's road
)


@dataclass(frozen=True)
class Setting:
    """One key of a recipe; `default` is in TOML and empty where the recipe must give a value."""

    stage: str
    name: str
    default: str
    help: str


def every_setting() -> list[Setting]:
    """The settings of all stages, in the order of the road."""
    hints = typing.get_type_hints(Recipe)
    stages = {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)}
    assert sorted(ORDER) == sorted(stages)
    return [
        Setting(stage, field.name, _toml(field.default), field.metadata.get("help", ""))
        for stage in ORDER
        for field in dataclasses.fields(stages[stage])
    ]


def _toml(default: object) -> str:
    """JSON is TOML for what settings hold: numbers, text, booleans and lists of them."""
    return "" if default is dataclasses.MISSING else json.dumps(default)
