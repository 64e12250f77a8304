"""What is learned of a folder: its corpus, lessons from that, and a base tuned on them."""

from pathlib import Path

from codekiln.artifact import Artifact, produce
from codekiln.device import core_count
from codekiln.evaluate.replay.history import History
from codekiln.inputs.examples.stage import ExamplesConfig
from codekiln.model.hugging_face import read_config
from codekiln.pipeline.adapt.budget import Budget
from codekiln.pipeline.adapt.earlier import Earlier
from codekiln.pipeline.adapt.lessons import LESSONS, LessonsConfig
from codekiln.pipeline.adapt.split import corpus_of, name_of
from codekiln.pipeline.recipe import TuningRecipe
from codekiln.pipeline.tune import tune
from codekiln.training import TuningConfig

ROW = 512  # tokens, or the context of a base that has less
LONG = 600.0  # seconds of tuning from which steps, and looks at what is held out, are large
SMALL_STEP, LARGE_STEP = 1024, 4096  # tokens
FEW, MANY = 2048, 16384  # tokens held out to watch it by


def learned(
    history: History, base: Artifact, work: Path, budget: Budget, earlier: Earlier | None
) -> dict[str, Artifact]:
    """The `corpus` of what came before, and `examples`, `adapter` and `model` as `tune` makes them.

    After an earlier adaptation the lessons are what is new since, and its own come among them.

    Raises:
        CorpusError: there is no code, or too little of it, to learn from.
    """
    name, corpus = name_of(history), corpus_of(history, work)
    length = min(ROW, read_config(base.path).context)
    inputs = {"corpus": corpus, "tokenizer": base}
    if earlier and earlier.corpus:
        inputs["known"] = earlier.corpus
    is_long = budget.tuning >= LONG
    settings = LessonsConfig(length, MANY if is_long else FEW)
    lessons = produce(LESSONS, settings, inputs, work, name)
    tuning = TuningConfig(
        seconds=budget.tuning_now(),
        batch_tokens=LARGE_STEP if is_long else SMALL_STEP,
        threads=core_count(),
    )
    recipe = TuningRecipe(name, ExamplesConfig(row_length=length), tuning)
    old = earlier.examples if earlier else None
    return {"corpus": corpus, **tune(recipe, base.path, lessons.path, work, old=old)}
