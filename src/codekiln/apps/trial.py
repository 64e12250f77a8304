"""What `codekiln try` does: in a minute, what the index of a folder is worth on the folder's own lines.

Its last commits are typed anew, by the model alone and by the same model with the index of what was there
before. Nothing is trained, nothing leaves the machine, nothing is written.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import open_artifact
from codekiln.errors import SourceError
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.history import History
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.stage import ALL, history_of, items_of
from codekiln.evaluate.replay.systems import Name, system
from codekiln.evaluate.replay.walk import Replayed, walk
from codekiln.evaluate.results import Comparison, Item, Row, compare, only_system, table
from codekiln.generate.loading import load_engine, model_folder
from codekiln.index import Index, Place
from codekiln.index.provenance import trace
from codekiln.tokenizer import Tokenizer

ALONE: Name = "model"
INDEXED: Name = "index"
CHARACTERS = 6_000_000  # of the folder that are read, files that were changed first
PROMPT = 1024  # tokens
LEAST = 12  # characters of a passage whose place is told
LAST = 1.5  # seconds kept for what comes after the last line


@dataclass(frozen=True)
class Exact:
    """A line that a system would have completed before its first sign was typed.

    `source` is where most of it stands in the folder as it was then; None if it stands nowhere there.
    """

    path: str
    line: int
    revision: str
    text: str
    by: tuple[str, ...]
    source: Place | None


@dataclass(frozen=True)
class Trial:
    """What was found on `lines` of the `added` lines of the last commits, or of those that were hidden.

    `gain` compares the shares of lines that came out exactly, with the index and without, line by line.
    """

    repository: str
    kind: str
    commits: int
    indexed_files: int
    lines: int
    added: int
    rows: tuple[Row, ...]
    gain: Comparison
    exact: tuple[Exact, ...]
    seconds: float

    def row(self, name: str) -> Row:
        """Of one system, all lines together."""
        return next(row for row in self.rows if (row.stratum, row.system) == (ALL, name))

    @property
    def is_better(self) -> bool:
        """Whether the index completes more lines by more than chance would have it."""
        return self.gain.paired.is_more


def try_folder(
    folder: Path,
    model: Path,
    *,
    commits: int = 50,
    seconds: float = 60.0,
    seed: int = 0,
    begun: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Trial:
    """Type as many of the last lines as there is time for, which is `seconds` from `begun`.

    Raises:
        SourceError: there is no such folder, it holds no code, or no line came out of it in time.
        ArtifactError, ModelError, UsageError: as `load_engine`.
    """
    begun = clock() if begun is None else begun
    pace = Pace(until=begun + max(seconds - LAST, seconds / 2), clock=clock)
    history = history_of(folder, commits, seed, CHARACTERS)
    artifact = open_artifact(model_folder(model), "model")
    tokenizer, engine = Tokenizer.load(artifact.path), load_engine(artifact.path)
    index = GrowingIndex(tokenizer, history.repository)
    systems = [system(name, engine.twin(), tokenizer, index, PROMPT) for name in (ALONE, INDEXED)]
    items: list[Item] = []
    exact: list[Exact] = []
    added = 0
    for line in walk(history, index, systems, pace):
        items += items_of(history, line)
        exact += _exact(line, index.index)
        added = line.total
    if not items:
        raise SourceError(
            f"No line of {folder} was typed within {seconds:.0f} seconds: give it more, or a part of it."
        )
    return _trial(history, items, exact, added, index, clock() - begun, seed)


def _trial(
    history: History,
    items: Sequence[Item],
    exact: Sequence[Exact],
    added: int,
    index: GrowingIndex,
    seconds: float,
    seed: int,
) -> Trial:
    alone, indexed = (only_system(items, name, "") for name in (ALONE, INDEXED))
    gains = compare(indexed, alone, seed)
    gain = next(g for g in gains if (g.stratum, g.figure) == (ALL, "exact lines"))
    return Trial(
        repository=history.repository,
        kind=history.kind,
        commits=history.length,
        indexed_files=len(index.origins()),
        lines=len(alone),
        added=added,
        rows=tuple(table(items, seed)),
        gain=gain,
        exact=tuple(exact),
        seconds=seconds,
    )


def _exact(line: Replayed, index: Index) -> list[Exact]:
    """The line, if a system had all of it; `index` is as it was when the line was typed."""
    text = line.line.text
    by = tuple(name for name, said in line.said.items() if said[0].text == text)
    if not by:
        return []
    found = trace(text, index, least=min(LEAST, len(text)))
    longest = max(found, key=lambda passage: passage.end - passage.start, default=None)
    source = longest.places[0] if longest else None
    return [Exact(line.line.path, line.line.number, line.revision, text, by, source)]
