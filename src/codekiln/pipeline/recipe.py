"""A recipe: one table of settings a stage. What each setting means stands in that stage's room."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from codekiln.config import override, parse, read_toml
from codekiln.corpus import CorpusConfig
from codekiln.errors import RecipeError
from codekiln.evaluate.encoder import EncoderEvaluationConfig
from codekiln.evaluate.stage import EvaluationConfig
from codekiln.index.stage import IndexConfig
from codekiln.inputs.functions import FunctionsConfig
from codekiln.inputs.segments.stage import SegmentsConfig
from codekiln.inputs.stage import InputsConfig
from codekiln.pipeline.report import ReportConfig
from codekiln.tasks.stage import TasksConfig
from codekiln.tokenizer.stage import TokenizerConfig
from codekiln.training import EncoderConfig, ModelStageConfig

Part = TypeVar("Part", "CorpusRecipe", "TasksRecipe")
NAME = re.compile(r"(?=.*\w)[\w-]{1,64}")


@dataclass(frozen=True)
class Recipe:
    """All settings of one run, from sources to report.

    Those of `segments`, `functions`, `encoder` and `encoder_evaluation` count where `model.objective` is
    `masked`, those of `inputs`, `index`, `evaluation` and `report` where it is not, and those of `tasks`
    for `codekiln tasks build`.
    """

    corpus: CorpusConfig
    model: ModelStageConfig
    name: str = "model"
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    inputs: InputsConfig = field(default_factory=InputsConfig)
    index: IndexConfig = field(default_factory=IndexConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    report: ReportConfig = field(default_factory=ReportConfig)
    tasks: TasksConfig = field(default_factory=TasksConfig)
    segments: SegmentsConfig = field(default_factory=SegmentsConfig)
    functions: FunctionsConfig = field(default_factory=FunctionsConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    encoder_evaluation: EncoderEvaluationConfig = field(default_factory=EncoderEvaluationConfig)


def read_recipe(path: Path, assignments: Iterable[str] = ()) -> Recipe:
    """The recipe in a TOML file, with `stage.field=value` overrides.

    Raises:
        RecipeError: a key is unknown, missing, mistyped or out of bounds.
    """
    recipe = parse(Recipe, override(read_toml(path), assignments))
    _check_name(recipe.name)
    return recipe


@dataclass(frozen=True)
class CorpusRecipe:
    """The part of a recipe that a corpus alone needs."""

    corpus: CorpusConfig
    name: str = "corpus"


def read_corpus_recipe(path: Path, assignments: Iterable[str] = ()) -> CorpusRecipe:
    """The corpus of a recipe; what the file says of later stages is left for them.

    Raises:
        RecipeError: a key is unknown, missing, mistyped or out of bounds.
    """
    return _read_part(CorpusRecipe, path, assignments)


@dataclass(frozen=True)
class TasksRecipe:
    """The part of a recipe that examples of tasks need."""

    corpus: CorpusConfig
    name: str = "tasks"
    tasks: TasksConfig = field(default_factory=TasksConfig)


def read_tasks_recipe(path: Path, assignments: Iterable[str] = ()) -> TasksRecipe:
    """The corpus and the tasks of a recipe; the rest is left for others.

    Raises:
        RecipeError: a key is unknown, missing, mistyped or out of bounds.
    """
    return _read_part(TasksRecipe, path, assignments)


def _read_part(cls: type[Part], path: Path, assignments: Iterable[str]) -> Part:
    tables, keys = override(read_toml(path), assignments), cls.__dataclass_fields__
    recipe = parse(cls, {key: tables[key] for key in keys if key in tables})
    _check_name(recipe.name)
    return recipe


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise RecipeError(f"'name' must be letters, digits, - and _ only, 64 at most: {name!r}.")
