"""From a base and examples to a tuned model: an adapter, and the base with the adapter merged into it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import (
    Artifact,
    Stage,
    Statistics,
    is_artifact,
    open_artifact,
    open_work,
    produce,
)
from codekiln.device import require_torch
from codekiln.errors import SourceError
from codekiln.generate.loading import model_folder
from codekiln.inputs.examples.stage import HELD_OUT, TRAIN, Files
from codekiln.inputs.examples.stage import stage_of as examples_stage
from codekiln.pipeline.extend import extend
from codekiln.pipeline.merge import merge
from codekiln.pipeline.pull.origin import sha256_of
from codekiln.pipeline.recipe import TuningRecipe
from codekiln.tasks.reading import write_rows
from codekiln.tokenizer import Tokenizer

TASKS = "tasks"


def tune(
    recipe: TuningRecipe,
    base: Path,
    examples: Path,
    work: Path,
    held_out: Path | None = None,
    old: Artifact | None = None,
) -> dict[str, Artifact]:
    """The artifacts by their names: `base`, `examples`, `adapter` if there is one, and `model`.

    `examples` is what `tasks build` made, of which rows are made for the base; or a file in JSON lines, or
    a folder with `train.jsonl` and perhaps `held_out.jsonl`. Where the base lacks special tokens that are
    to be learned it is extended by them; ids in such files are to be those of the extended one. The rows
    `old` of an earlier tuning come among the new ones.

    Raises:
        MissingExtraError: torch is not installed.
        SourceError: there are no examples.
        CodekilnError: whatever a stage found wrong; what is finished stays and is not redone.
    """
    from codekiln.training import tuning

    require_torch("Tuning")
    mined = _mined(examples)
    files = {} if mined else _files(examples, held_out)
    model = open_artifact(model_folder(base).resolve(), "model")
    open_work(work)
    given = {"base": extend(model, recipe.tuning.tokens, work)}
    tuning.check_base(recipe.tuning, recipe.examples.row_length, given["base"])
    if mined:
        length = {"length": recipe.examples.row_length}
        rows = produce(ROWS, length, {TASKS: mined, **given}, work, recipe.name)
        files = _files(rows.path, held_out)
    state = {split: sha256_of(path) for split, path in files.items()}
    given["examples"] = produce(
        examples_stage(files), recipe.examples, given, work, recipe.name, state
    )
    learned = given | ({"old": old} if old else {})
    if recipe.tuning.method == "full":
        made = {"model": produce(tuning.MODEL, recipe.tuning, learned, work, recipe.name)}
    else:
        adapter = produce(tuning.ADAPTER, recipe.tuning, learned, work, recipe.name)
        made = {"adapter": adapter, "model": merge(given["base"], adapter, work, recipe.name)}
    return given | made


def _mined(examples: Path) -> Artifact | None:
    """The artifact of tasks, if it is one; its examples are texts, and no rows yet."""
    found = open_artifact(examples) if is_artifact(examples) else None
    return found if found and found.stage == TASKS else None


def _build_rows(config: Any, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    tokenizer = Tokenizer.load(inputs["base"].path)
    return dict(write_rows(inputs[TASKS], tokenizer, config["length"], out))


def _files(examples: Path, held_out: Path | None) -> Files:
    """The file of each split that has examples."""
    files = {TRAIN: examples}
    if examples.is_dir():
        if is_artifact(examples):
            open_artifact(examples).verify()
        files = {split: examples / f"{split}.jsonl" for split in (TRAIN, HELD_OUT)}
        if not files[HELD_OUT].exists() or not files[HELD_OUT].stat().st_size:
            del files[HELD_OUT]
    if held_out is not None:
        files[HELD_OUT] = held_out
    missing = next((path for path in files.values() if not path.is_file()), None)
    if missing is not None:
        raise SourceError(
            f"There are no examples in {missing}: give what 'tasks build' or 'tasks rows' printed, or a "
            "file in JSON lines."
        )
    return files


ROWS = Stage("rows", 2, _build_rows)
