"""A history walked from its start: at each line the systems know what was there by then, and no more."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from codekiln.evaluate.replay.added import AddedLine, added_lines, count_added, typed_edits
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.history import History
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.systems import System
from codekiln.evaluate.replay.typist import Said, type_along
from codekiln.telemetry import progress

RUN = 8  # lines in a row, which share most of their prompt


@dataclass(frozen=True)
class Replayed:
    """A line with what each system said, by its name.

    One that is new stood nowhere in earlier versions; `run` is told by how many added lines come before
    those that were typed in a row with it, and `total` is how many the history has.
    """

    line: AddedLine
    revision: str
    is_new: bool
    said: dict[str, list[Said]]
    run: int
    total: int


def walk(
    history: History, index: GrowingIndex, systems: Sequence[System], pace: Pace
) -> Iterator[Replayed]:
    """Type the added lines of a history; `index`, which must be empty, is kept at the moment of each.

    The file that is open counts as saved when its last added line was typed.
    """
    index.begin(history.start, pace.may_index)
    total = sum(map(count_added, typed_edits(history)))
    typed = passed = 0
    with progress("replay", total, "lines") as task:
        for revision, run, known in _moments(history, index):
            for line in run if pace.keeps(typed, passed, total) else ():
                if pace.is_over(typed):
                    break
                said = {one.name: type_along(line, one) for one in systems}
                typed += 1
                yield Replayed(line, revision, line.text not in known, said, passed, total)
            if pace.is_over(typed):
                return
            passed += len(run)
            task.advance(len(run), typed=typed)


def _moments(
    history: History, index: GrowingIndex
) -> Iterator[tuple[str, list[AddedLine], set[str]]]:
    """Each run of added lines when it is to be typed, with its revision and all lines known before."""
    known = _lines(history.start.values())
    for step in history.steps:
        for edit in step.edits:
            if step.is_typed:
                for run in _runs(added_lines(edit)):
                    yield step.revision, run, known
            index.remove(edit.was or edit.path)
            index.put(edit.path, edit.after, step.revision)
        known |= _lines(edit.after for edit in step.edits)


def _runs(lines: Iterable[AddedLine]) -> Iterator[list[AddedLine]]:
    run: list[AddedLine] = []
    for line in lines:
        run.append(line)
        if len(run) == RUN:
            yield run
            run = []
    if run:
        yield run


def _lines(texts: Iterable[str]) -> set[str]:
    return {line.strip() for text in texts for line in text.splitlines()}
