"""Walk a recipe's road as far as the model, from the start or on from a model that is there."""

from pathlib import Path

from codekiln import corpus
from codekiln.artifact import Artifact, Stage, find_artifact, open_artifact, open_work
from codekiln.device import require_torch
from codekiln.errors import UsageError
from codekiln.generate.loading import model_folder
from codekiln.inputs import stage as inputs
from codekiln.inputs.segments import stage as segments
from codekiln.pipeline.recipe import Recipe
from codekiln.pipeline.run import Road
from codekiln.tokenizer import stage as tokenizer


def pretrain(
    recipe: Recipe,
    work: Path,
    base: Path | None = None,
    replay: Path | None = None,
    runner: corpus.Runner = "native",
) -> dict[str, Artifact]:
    """The artifacts by the name of their stage, up to `model`.

    With the folder or name `base` of a model, training goes on from its weights; its tokenizer makes the
    rows. `replay` is the folder of rows it is not to forget; by default those it was trained on. Both are
    then among the artifacts, as `base` and `old`.

    Raises:
        MissingExtraError: torch is not installed.
        UsageError: there are no rows to replay, or they are given without a base.
        CodekilnError: whatever a stage found wrong; what is finished stays and is not redone.
    """
    require_torch("Training")
    road = Road(recipe, work)
    if base is not None:
        _to_go_on(road, recipe, base, replay)
    elif replay is not None:
        raise UsageError("--replay needs --from: give the model that was trained on these rows.")
    open_work(work)
    road.made["corpus"] = corpus.build_corpus(recipe.corpus, work, recipe.name, runner)
    rows = _rows(recipe)
    if base is None:
        from codekiln.training import stage as training

        road.make(tokenizer.STAGE, "corpus")
        road.make(rows, "corpus", "tokenizer")
        road.make(training.STAGE, "tokenizer", inputs=rows.name)
    else:
        from codekiln.training import continual

        road.make(rows, "corpus", tokenizer="base")
        given = [name for name in ("base", "old") if name in road.made]
        road.make(continual.STAGE, *given, inputs=rows.name)
    return road.made


def _to_go_on(road: Road, recipe: Recipe, base: Path, replay: Path | None) -> None:
    """What is there already; all that can be wrong is told before a corpus is built, which takes long."""
    from codekiln.training import continual

    rows = _rows(recipe)
    model = open_artifact(model_folder(base).resolve(), "model")
    old = open_artifact(replay, rows.name) if replay else _trained_on(model, rows)
    if old is None and recipe.model.replay:
        raise UsageError(
            f"The rows that {base} was trained on are not in its work folder: give them with --replay, "
            "or set model.replay=0."
        )
    length = getattr(recipe, rows.name).row_length
    continual.check_base(recipe.model, length, model)
    continual.check_old(recipe.model, length, model, old)
    road.made["base"] = model
    if old:
        road.made["old"] = old


def _rows(recipe: Recipe) -> Stage:
    """The stage that makes the rows of a recipe's objective."""
    return segments.STAGE if recipe.model.objective == "masked" else inputs.STAGE


def _trained_on(model: Artifact, rows: Stage) -> Artifact | None:
    """The rows that a model was trained on, if they lie in its own work folder."""
    fingerprint = model.manifest.get("inputs", {}).get("inputs")
    if fingerprint is None:
        return None
    return find_artifact(model.path.parents[1], rows.name, fingerprint)
