"""Walk the road of a recipe: each stage's artifact is found, or built from those before it."""

from pathlib import Path

from codekiln import corpus, evaluate
from codekiln.artifact import Artifact, open_work, produce
from codekiln.device import require_torch
from codekiln.inputs import stage as inputs
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
    from codekiln.training import stage as training

    open_work(work)
    made: dict[str, Artifact] = {}

    def given(*stages: str) -> dict[str, Artifact]:
        return {stage: made[stage] for stage in stages}

    name = recipe.name
    made["corpus"] = corpus.build_corpus(recipe.corpus, work, name, runner)
    made["tokenizer"] = produce(tokenizer.STAGE, recipe.tokenizer, given("corpus"), work, name)
    made["inputs"] = produce(inputs.STAGE, recipe.inputs, given("corpus", "tokenizer"), work, name)
    made["model"] = produce(training.STAGE, recipe.model, given("tokenizer", "inputs"), work, name)
    made["evaluation"] = produce(
        evaluate.STAGE, recipe.evaluation, given("corpus", "model"), work, name
    )
    made["report"] = produce(
        report.STAGE,
        recipe.report,
        given("corpus", "tokenizer", "inputs", "model", "evaluation"),
        work,
        name,
    )
    return made
