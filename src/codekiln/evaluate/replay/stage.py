"""The evaluation that replays histories: an artifact of results, a line and system an item."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from codekiln.artifact import Artifact, Stage, Statistics, produce
from codekiln.corpus.sources import parse_source
from codekiln.errors import SourceError, UsageError
from codekiln.evaluate.replay.added import count_added, typed_edits
from codekiln.evaluate.replay.commits import as_it_stands, of_commits
from codekiln.evaluate.replay.growing_index import GrowingIndex
from codekiln.evaluate.replay.history import History, of_hidden_lines, of_versions
from codekiln.evaluate.replay.pace import Pace
from codekiln.evaluate.replay.systems import Name, system
from codekiln.evaluate.replay.typist import keys, similarity
from codekiln.evaluate.replay.walk import Replayed, walk
from codekiln.evaluate.results import STAGE_NAME, Facts, Item, named, write_results
from codekiln.generate.loading import load_engine
from codekiln.tokenizer import Tokenizer

ALL, NEW, YOUNG = "all added lines", "new lines", "newer than the model"


@dataclass(frozen=True)
class ReplayConfig:
    """Settings of a replay; `model_time` is when the model's training ended, in seconds since 1970."""

    commits: int = 50
    lines: int | None = None
    prompt: int = 1024
    systems: tuple[Name, ...] = ("model", "index")
    model_time: int | None = None
    seed: int = 0


def history_of(folder: Path, commits: int, seed: int = 0, most: int | None = None) -> History:
    """A folder's last commits; where it has no two, its files with a tenth of their lines hidden.

    `most` bounds the characters that are read of the files at the start.

    Raises:
        SourceError: there is no such folder, it is empty, holds no code or too little to hide some of it,
            or its repository is damaged.
    """
    found = of_commits(folder, commits, most)
    if found and _adds_lines(found):
        return found
    source = as_it_stands(folder)
    try:
        found = of_hidden_lines(source, seed, most)
    finally:
        source.close()
    if not _adds_lines(found):
        raise SourceError(
            f"{folder} holds too little code to hide some of it and ask for it: give one with more, or "
            "with a history."
        )
    return found


def version_history(older: str, newer: str, downloads: Path) -> History:
    """Two versions, each named as a recipe names a source.

    Raises:
        SourceError: one of them cannot be had or holds no code, or nothing was added.
    """
    sources = [parse_source(name, (), downloads) for name in (older, newer)]
    try:
        found = of_versions(*sources)
    finally:
        for source in sources:
            source.close()
    if not _adds_lines(found):
        raise SourceError(
            f"From {older} to {newer} no line of code was added: give two that differ."
        )
    return found


def _adds_lines(history: History) -> bool:
    return any(map(count_added, typed_edits(history)))


def replay(
    histories: Sequence[History], model: Artifact, config: ReplayConfig, work: Path
) -> Artifact:
    """Replay histories, or find the results of an earlier replay of the same ones.

    Errors are those of `artifact.produce` and `load_engine`.

    Raises:
        UsageError: the model's time is given, and nobody knows when a repository began.
    """
    if config.model_time is not None:
        _check_born(histories)

    def build(_: object, __: Mapping[str, Artifact], out: Path) -> Statistics:
        items = [item for history in histories for item in replayed(history, model, config)]
        facts = Facts.of("replay", model, config.seed)
        kinds = {history.place: history.kind for history in histories}
        return {**write_results(out, items, facts), "histories": kinds}

    stage = Stage(STAGE_NAME, 3, build)
    sources = {f"replay {h.place}": h.state for h in histories}
    name = histories[0].repository or "replay"
    return produce(stage, config, {"model": model}, work, name, sources)


def _check_born(histories: Sequence[History]) -> None:
    for history in histories:
        if not history.born:
            raise UsageError(
                f"Nobody knows when {history.place} began ({history.kind}), so whether it is newer than "
                "the model: give a repository with its whole history, or leave --model-date out."
            )


def replayed(history: History, model: Artifact, config: ReplayConfig) -> Iterator[Item]:
    """The items of one history; each system has an engine's cache of its own."""
    tokenizer, engine = Tokenizer.load(model.path), load_engine(model.path)
    index = GrowingIndex(tokenizer, history.repository)
    systems = [
        system(name, engine.twin(), tokenizer, index, config.prompt) for name in config.systems
    ]
    young = config.model_time is not None and history.born > config.model_time
    for line in walk(history, index, systems, Pace(config.lines)):
        yield from items_of(history, line, young)


def items_of(history: History, line: Replayed, young: bool = False) -> Iterator[Item]:
    """An item for each system that typed a line.

    The figures are whether the suggestion at the line's start was all of it, the same over all places
    where one was asked for, edit similarity over these, characters that suggestions wrote, and keys saved
    of those that the line has.
    """
    path = f"{history.repository}/{line.line.path}"
    place, text = f"{path}:{line.line.number}", line.line.text
    revision = line.revision[:12]
    name = f"{place}@{revision}" if revision else named(place, line.line.prefix, text)
    strata = (ALL, *([NEW] if line.is_new else []), *([YOUNG] if young else []))
    for system_name, said in line.said.items():
        rests = [(one.text, text[one.typed :]) for one in said]
        pressed, written = keys(text, said)
        figures: dict[str, tuple[float, float]] = {
            "exact lines": (rests[0][0] == text, 1),
            "exact": (sum(one == rest for one, rest in rests), len(rests)),
            "similarity": (sum(similarity(one, rest) for one, rest in rests), len(rests)),
            "completed": (written, len(text)),
            "keys saved": (len(text) - pressed, len(text)),
        }
        times = [one.answer.milliseconds for one in said if one.answer]
        run = f"{history.place} {line.run}"
        yield Item(system_name, name, path, strata, figures, {"milliseconds": times}, run)
