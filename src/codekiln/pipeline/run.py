"""Walk the road of a recipe: each stage's artifact is found, or built from those before it."""

from pathlib import Path

from codekiln import corpus
from codekiln.artifact import Artifact, Stage, open_work, produce
from codekiln.device import require_torch
from codekiln.evaluate import encoder as encoder_evaluation
from codekiln.evaluate import stage as evaluation
from codekiln.index import stage as index
from codekiln.inputs import functions
from codekiln.inputs import stage as inputs
from codekiln.inputs.segments import stage as segments
from codekiln.pipeline import report
from codekiln.pipeline.recipe import Recipe
from codekiln.tokenizer import stage as tokenizer


def run(recipe: Recipe, work: Path, runner: corpus.Runner = "native") -> dict[str, Artifact]:
    """All artifacts of a recipe by the name of their stage, in the order of the road.

    `runner` is where the corpus is cleaned: on this machine or on a Ray cluster.

    Raises:
        MissingExtraError: torch is not installed.
        CodekilnError: whatever a stage found wrong; what is finished stays and is not redone.
    """
    require_torch("Training")
    open_work(work)
    road = Road(recipe, work)
    road.made["corpus"] = corpus.build_corpus(recipe.corpus, work, recipe.name, runner)
    road.make(tokenizer.STAGE, "corpus")
    if recipe.model.objective == "masked":
        _to_an_encoder(road)
    else:
        _to_a_model(road)
    return road.made


class Road:
    """The artifacts made so far; each stage has its settings under its own name."""

    def __init__(self, recipe: Recipe, work: Path) -> None:
        self._recipe, self._work = recipe, work
        self.made: dict[str, Artifact] = {}

    def make(self, stage: Stage, *needs: str, **called: str) -> None:
        """Build a stage from those it needs; it may know one by another name, `called`."""
        given = {name: self.made[name] for name in needs}
        given |= {name: self.made[other] for name, other in called.items()}
        config = getattr(self._recipe, stage.name)
        self.made[stage.name] = produce(stage, config, given, self._work, self._recipe.name)


def _to_a_model(road: Road) -> None:
    from codekiln.training import stage as training

    road.make(inputs.STAGE, "corpus", "tokenizer")
    road.make(training.STAGE, "tokenizer", "inputs")
    road.make(index.STAGE, "corpus", "tokenizer")
    road.make(evaluation.STAGE, "corpus", "model", "index")
    road.make(report.STAGE, "corpus", "tokenizer", "inputs", "model", "index", "evaluation")


def _to_an_encoder(road: Road) -> None:
    from codekiln.training import encoder_stage
    from codekiln.training import stage as training

    road.make(segments.STAGE, "corpus", "tokenizer")
    road.make(functions.STAGE, "corpus", "tokenizer")
    road.make(training.STAGE, "tokenizer", inputs="segments")
    road.make(encoder_stage.STAGE, "tokenizer", "functions", "model")
    road.make(encoder_evaluation.STAGE, "segments", "functions", "model", "encoder")
