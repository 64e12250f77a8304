"""The first half of the stage: each source becomes an artifact of its own, `source/<name>-…`.

A source that did not change is found and not read again. Files of all the others go through the
engine together, in rounds, so that many small packages keep as many workers busy as a large one.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from codekiln import telemetry
from codekiln.artifact import Artifact, Building, Stage, Statistics
from codekiln.corpus.cleaning import Cleaner
from codekiln.corpus.collect.collection import Collection, clean_columns
from codekiln.corpus.collect.engine import Engine, Runner
from codekiln.corpus.collect.listing import Chunk, Listing
from codekiln.corpus.contamination import Benchmarks
from codekiln.corpus.settings import CorpusConfig
from codekiln.corpus.sources import Source, is_own


def _never(_config: object, _inputs: Mapping[str, Artifact], _out: Path) -> Statistics:
    raise AssertionError("a source's artifact is made by collect(), many at once")


STAGE = Stage("source", 1, _never)


def collect(
    sources: Sequence[Source], config: CorpusConfig, work: Path, runner: Runner
) -> dict[str, Artifact]:
    """The artifact of every source by its name, in the order of `sources`.

    Raises:
        SourceError: a source turned out to be damaged or hostile as a whole.
        CorpusError: the counts of a source do not add up.
    """
    made: dict[str, Artifact] = {}
    pending = []
    for source in sources:
        settings = config.collecting(source.name)
        states = {source.name: source.state()}
        building = Building(STAGE, settings, {}, work, _slug(source.name), states)
        found = building.found()
        if found is None:
            listing = Listing(source, config.rules(), own=is_own(source.name))
            pending.append(Collection(source, listing, building))
        else:
            made[source.name] = found
    if pending:
        benchmarks = Benchmarks.load(config.benchmark_paths())
        cleaner = Cleaner(config.rules(), frozenset(config.licences), benchmarks)
        made |= _collected(pending, Engine(cleaner, runner), config.commits)
    return {source.name: made[source.name] for source in sources}


def _collected(pending: Sequence[Collection], engine: Engine, commits: int) -> dict[str, Artifact]:
    made: dict[str, Artifact] = {}
    waiting: list[tuple[Collection, Chunk]] = []
    read: list[Collection] = []
    files = 0
    with ExitStack() as stack, telemetry.progress("sources", len(pending)) as progress:

        def finish_round() -> None:
            nonlocal files
            _write(waiting, engine)
            files += sum(chunk.count for _, chunk in waiting)
            progress.advance(len(read), files=files)
            for collection in read:
                made[collection.source.name] = collection.finish(engine, commits)
            waiting.clear()
            read.clear()

        for collection in pending:
            stack.callback(collection.close)
            for chunk in collection.begin():
                waiting.append((collection, chunk))
                if sum(chunk.weight for _, chunk in waiting) >= engine.round_bytes:
                    finish_round()
            read.append(collection)
        finish_round()
    return made


def _write(waiting: Sequence[tuple[Collection, Chunk]], engine: Engine) -> None:
    tables, start = [], 0
    for _, chunk in waiting:
        tables.append(clean_columns(chunk, start))
        start += len(chunk.files)
    outcomes = engine.clean(pa.concat_tables(tables)) if tables else None
    start = 0
    for collection, chunk in waiting:
        assert outcomes is not None
        collection.write(chunk, outcomes.slice(start, len(chunk.files)))
        start += len(chunk.files)


def _slug(name: str) -> str:
    return re.sub(r"[^\w.]+", "-", name).strip("-.")[-60:] or "source"
