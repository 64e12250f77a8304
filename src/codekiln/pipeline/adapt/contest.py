"""The held-out lines typed anew with a model, alone and with the index of what was there by then.

A model alone has the open file mixed in, as in `codekiln complete`; with the index its prompt has pieces of
that as well, as with `--context`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from codekiln.artifact import Artifact, Stage, Statistics, produce
from codekiln.errors import SourceError
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.history import History
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.stage import items_of
from codekiln.evaluate.replay.systems import system
from codekiln.evaluate.replay.walk import walk
from codekiln.evaluate.results import STAGE_NAME, Facts, Item, write_results
from codekiln.generate.loading import load_engine
from codekiln.pipeline.adapt.split import LINES, name_of
from codekiln.tokenizer import Tokenizer

BASE, TUNED, INDEXED = "base", "tuned", " + index"
PROMPT = 1024  # tokens


class FirstPace(Pace):
    """Remembers which runs of lines it chose."""

    def __init__(self, until: float, clock: Callable[[], float]) -> None:
        super().__init__(LINES, until, clock)
        self.runs: list[int] = []

    def keeps(self, typed: int, passed: int, total: int) -> bool:
        """As `Pace`."""
        chosen = super().keeps(typed, passed, total)
        if chosen:
            self.runs.append(passed)
        return chosen


class SamePace(Pace):
    """Chooses the runs that another did."""

    def __init__(self, runs: Sequence[int], until: float, clock: Callable[[], float]) -> None:
        super().__init__(None, until, clock)
        self._runs = frozenset(runs)

    def keeps(self, typed: int, passed: int, total: int) -> bool:  # noqa: ARG002
        """As `Pace`."""
        return passed in self._runs


def contest(
    history: History,
    model: Artifact,
    name: str,
    seconds: float,
    work: Path,
    clock: Callable[[], float],
    first: Artifact | None = None,
) -> Artifact:
    """The results of a model as `name` and `name + index`, on the lines of an earlier contest if given one.

    Raises:
        SourceError: not one line was typed in time.
    """

    def build(_config: Any, _inputs: Mapping[str, Artifact], out: Path) -> Statistics:
        until = clock() + seconds
        pace = FirstPace(until, clock)
        chosen = SamePace(first.statistics["runs"], until, clock) if first else pace
        items = typed(history, model, name, chosen)
        if not items:
            raise SourceError(
                f"No held-out line of {history.repository} was typed within {seconds:.0f} seconds: give it "
                "more minutes, or a part of the folder."
            )
        found = write_results(out, items, Facts.of("adapt", model, 0))
        return {**found, "runs": pace.runs, "lines": len(items) // 2}

    inputs = {"model": model, **({"first": first} if first else {})}
    facts = {"history": history.state}
    config = {"system": name, "lines": LINES, "seconds": round(seconds) if first is None else 0}
    return produce(Stage(STAGE_NAME, 2, build), config, inputs, work, name_of(history), facts)


def typed(history: History, model: Artifact, name: str, pace: Pace) -> list[Item]:
    """An item for each line and system."""
    tokenizer, engine = Tokenizer.load(model.path), load_engine(model.path)
    index = GrowingIndex(tokenizer, history.repository)
    systems = [
        system("open file", engine, tokenizer, index, PROMPT, name),
        system("index", engine.twin(), tokenizer, index, PROMPT, name + INDEXED),
    ]
    return [
        item for line in walk(history, index, systems, pace) for item in items_of(history, line)
    ]
