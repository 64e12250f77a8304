"""Step 1 of the road: sources become cleaned, exactly deduplicated and split documents.

The listing of all sources is worked off in chunks; a chunk on disk is whole, so a run that was
killed goes on after the last one and ends with the same bytes as a run that was not.
"""

import dataclasses
import difflib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from codekiln import telemetry
from codekiln.artifact import Artifact, Stage, Statistics, write_atomically
from codekiln.config import setting
from codekiln.corpus.chunks import Outcome, discard_chunks, read_chunk, write_chunk
from codekiln.corpus.cleaning import clean
from codekiln.corpus.filters import Rules
from codekiln.corpus.sources import Entry, Source, parse_source
from codekiln.corpus.split import group_bytes, hold_out
from codekiln.corpus.tally import Tally
from codekiln.errors import RecipeError, SourceError
from codekiln.languages import KINDS, languages

CHUNK = 256
SPLIT = "split.json"

Listing = list[tuple[Source, Entry]]


@dataclass(frozen=True)
class CorpusConfig:
    """What the corpus is made of, and which of its files are kept."""

    sources: tuple[str, ...] = setting(
        dataclasses.MISSING, "folders, git:PATH@REVISION or stdlib:, in the order they are read"
    )
    exclude: tuple[str, ...] = setting((), "glob patterns of files and folders to leave out")
    kinds: tuple[str, ...] = setting(("code",), "kinds of languages to keep: code, markup, data")
    languages: tuple[str, ...] = setting((), "languages to keep; none named = all of the kinds")
    max_bytes: int = setting(1_000_000, "longest file that is read, in bytes", "> 0")
    max_line: int = setting(1000, "longest line of a file, in characters", "> 0")
    max_mean_line: int = setting(100, "longest mean line of a file, in characters", "> 0")
    held_out: float = setting(0.05, "share of the bytes that no training sees", "0..0.5")
    seed: int = setting(0, "another seed holds out other groups")

    def rules(self) -> Rules:
        """The dials of the filters.

        Raises:
            RecipeError: a kind or a language is not known.
        """
        _check_names("kinds", self.kinds, KINDS)
        _check_names("languages", self.languages, tuple(languages()))
        return Rules(self.kinds, self.languages, self.max_bytes, self.max_line, self.max_mean_line)


def source_states(config: CorpusConfig) -> dict[str, str]:
    """The state of each source by its name, for `artifact.produce`.

    Raises:
        SourceError: a source is missing, empty, named twice, or of no kind we read.
        RecipeError: a kind or a language is not known.
    """
    config.rules()
    with _opened(config) as sources:
        return {source.name: source.state() for source in sources}


def build(config: CorpusConfig, inputs: Mapping[str, Artifact], out: Path) -> Statistics:
    """Write `documents-*`, `rejected-*` and `split.json` under `out`.

    Raises:
        SourceError: a source is missing, empty, named twice, or of no kind we read.
        CorpusError: nothing was kept, or it is too little to split.
    """
    assert not inputs, "the corpus is the first stage"
    rules, tally = config.rules(), Tally()
    with _opened(config) as sources:
        listing = [(source, entry) for source in sources for entry in source.entries()]
        _write_chunks(listing, rules, tally, out)
    tally.reconcile(len(listing))
    groups = group_bytes(tally.kept)
    held_out = hold_out(groups, config.held_out, config.seed)
    split = {"held_out": held_out, "groups": groups}
    write_atomically(out / SPLIT, json.dumps(split, indent=1).encode())
    return tally.statistics(groups, held_out)


STAGE = Stage("corpus", 1, build)


def _write_chunks(listing: Listing, rules: Rules, tally: Tally, out: Path) -> None:
    starts = range(0, len(listing), CHUNK)
    resuming = True
    with telemetry.progress("corpus", len(listing), "files") as progress:
        for number, start in enumerate(starts):
            chunk = listing[start : start + CHUNK]
            done = read_chunk(out, number) if resuming else None
            if done is not None and _is_of(done, chunk):
                tally.add_all(done)
                progress.advance(len(chunk))
                continue
            resuming = False  # what follows was judged against other documents
            write_chunk(out, number, _outcomes(chunk, rules, tally, progress))
    discard_chunks(out, len(starts))


def _outcomes(
    chunk: Listing, rules: Rules, tally: Tally, progress: telemetry.Progress
) -> Iterator[Outcome]:
    for source, entry in chunk:
        yield tally.add(clean(source, entry, rules))
        progress.advance()


def _is_of(outcomes: list[Outcome], chunk: Listing) -> bool:
    found = sorted((outcome.source, outcome.path) for outcome in outcomes)
    return found == sorted((source.name, entry.path) for source, entry in chunk)


@contextmanager
def _opened(config: CorpusConfig) -> Iterator[list[Source]]:
    if not config.sources:
        raise SourceError("The corpus names no sources: add a folder to 'sources'.")
    for spec in config.sources:
        if config.sources.count(spec) > 1:
            raise SourceError(f"The corpus names the source '{spec}' twice: name it once.")
    with ExitStack() as stack:
        sources = []
        for spec in config.sources:
            source = parse_source(spec, config.exclude)
            stack.callback(source.close)
            sources.append(source)
        yield sources


def _check_names(key: str, names: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(known)}."
            raise RecipeError(f"'{name}' is none of the {key} of a corpus: {remedy}")
