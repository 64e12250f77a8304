"""From a folder to the model that is best at it: held-out changes decide between base and tuned, with the
index and without."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, open_artifact, open_work, produce
from codekiln.device import require_torch
from codekiln.errors import CorpusError, SourceError
from codekiln.evaluate.replay.history import History
from codekiln.evaluate.replay.systems import retrieved_budget
from codekiln.evaluate.results import open_results, plain, table
from codekiln.generate.loading import STARTER, model_folder
from codekiln.index.folder import FolderIndex
from codekiln.pipeline.adapt.budget import Budget
from codekiln.pipeline.adapt.contest import BASE, PROMPT, TUNED, contest
from codekiln.pipeline.adapt.earlier import LEARNED, Earlier
from codekiln.pipeline.adapt.learning import learned
from codekiln.pipeline.adapt.split import name_of, split
from codekiln.pipeline.adapt.verdict import in_common, is_gain, judge
from codekiln.tokenizer import Tokenizer

Made = Mapping[str, Artifact]

UNASKED = "no time was given for it: add --minutes 3, or better 30"
NO_TIME = "there was no time left for it: give more minutes"
NO_LESSON = "examples held out of the folder's own code were no easier after it"
UNSEEN = "no time was left to see whether it helps: give more minutes"


def adapt(
    folder: Path,
    base: Path | None,
    work: Path,
    *,
    minutes: float | None = None,
    update: bool = False,
    begun: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Artifact:
    """Adapt a base, or by default the starter, to a folder of code; with `minutes` it is tuned as well.

    With `update` the last adaptation of the folder learns the commits that came since. The artifact's
    statistics say what is kept and why; the folder's index under `work` is up to date afterwards.

    Raises:
        MissingExtraError: torch, which tuning needs, is not installed.
        SourceError: there is no such folder, it holds no code, or its repository is damaged.
        UsageError: there is nothing that could be updated, or it was adapted from another base.
        ArtifactError, ModelError: the base is damaged.
        CodekilnError: whatever a stage found wrong; what is finished stays and is not redone.
    """
    open_work(work)
    history = split(folder)
    earlier = Earlier.of(folder, history, base, work) if update else None
    if earlier:
        base, minutes = earlier.model, minutes or earlier.minutes
    if earlier and earlier.knows(history):
        made = earlier.artifact
    else:
        budget = Budget.of(minutes, begun, clock)
        made = _adapted(folder, history, base or Path(STARTER), work, budget, earlier)
    tokenizer = Tokenizer.load(Path(made.statistics["model"]))
    with FolderIndex.open(folder, tokenizer, work):
        return made


def _adapted(
    folder: Path,
    history: History,
    base: Path,
    work: Path,
    budget: Budget,
    earlier: Earlier | None,
) -> Artifact:
    if budget.tuning:
        require_torch("Tuning")
    model = open_artifact(model_folder(base).resolve(), "model")
    first = contest(history, model, BASE, budget.contest, work, budget.clock)
    made: dict[str, Artifact] = {"base": model, "first": first}
    found, why = _tuned(history, model, first, work, budget, earlier)
    settings = {
        "folder": str(folder.resolve()),
        "origin": earlier.origin if earlier else model.fingerprint,
        "kind": history.kind,
        "commits": history.length,
        "learned": history.base,
        "revision": history.revision,
        "minutes": budget.minutes,
        "why_not_tuned": why,
        "known": earlier.known if earlier else {},
    }
    return produce(STAGE, settings, made | found, work, name_of(history))


def _tuned(
    history: History,
    model: Artifact,
    first: Artifact,
    work: Path,
    budget: Budget,
    earlier: Earlier | None,
) -> tuple[dict[str, Artifact], str]:
    """The tuned model with what it learned from and its contest; or why there is none."""
    if not budget.tuning:
        return {}, UNASKED
    if budget.tuning_now() == 0:
        return {}, NO_TIME
    try:
        made = learned(history, model, work, budget, earlier)
    except CorpusError as error:
        return {}, str(error)
    kept = {name: made[name] for name in LEARNED}
    if made["model"].statistics["best_step"] == 0:
        return kept, NO_LESSON
    try:
        second = contest(
            history, made["model"], TUNED, budget.second_contest(), work, budget.clock, first
        )
    except SourceError:
        return kept, UNSEEN
    return kept | {"tuned": made["model"], "second": second}, ""


def _build(config: Mapping[str, Any], inputs: Made, _out: Path) -> Statistics:
    """Nothing but statistics: what was found on the lines that all systems typed, and what is kept."""
    results = [inputs[name] for name in ("first", "second") if name in inputs]
    items = in_common(item for one in results for item in open_results(one.path)[1])
    verdict = judge(items)
    gains = {"index": verdict.index, **({"tuning": verdict.tuning} if verdict.tuning else {})}
    kept = inputs["tuned" if verdict.is_tuned else "base"]
    learned = {name: inputs[name].fingerprint for name in LEARNED if name in inputs}
    return {
        **config,
        "lines": verdict.index.items,
        "table": [plain(row) for row in table(items)],
        "gains": {name: {**plain(g), "is_gain": is_gain(g)} for name, g in gains.items()},
        "kept": verdict.kept,
        "model": str(kept.path.resolve()),
        "uses_index": verdict.uses_index,
        "context": retrieved_budget(PROMPT) if verdict.uses_index else 0,
        # What was learned in vain, the model that is kept has not learned.
        **dict.fromkeys(LEARNED, ""),
        **(learned if verdict.is_tuned else config["known"]),
        "time": time.time(),
    }


STAGE = Stage("adaptation", 2, _build)
