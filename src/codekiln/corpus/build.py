"""Step 1 of the road, both halves: collect every source, then choose what stays."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from codekiln.artifact import Artifact, produce
from codekiln.corpus.collect.engine import Runner
from codekiln.corpus.collect.stage import collect
from codekiln.corpus.select.stage import STAGE
from codekiln.corpus.settings import CorpusConfig
from codekiln.corpus.sources import Source, parse_source

DOWNLOADS = "downloads"  # under the work folder: what registries gave, kept for the next run


def build_corpus(
    config: CorpusConfig, work: Path, name: str, runner: Runner = "native"
) -> Artifact:
    """The corpus of a recipe: found if nothing changed, else built from what did.

    Raises:
        SourceError: a source is missing, empty, damaged, named twice, or of no kind we read.
        RecipeError: a kind, a language or a file of benchmarks is not known.
        CorpusError: nothing was kept, it is too little to split, or the counts do not add up.
    """
    config.check()
    with _opened(config, work / DOWNLOADS) as sources:
        collected = collect(sources, config, work, runner)
    return produce(STAGE, config, collected, work, name)


@contextmanager
def _opened(config: CorpusConfig, downloads: Path) -> Iterator[Sequence[Source]]:
    with ExitStack() as stack:
        sources = []
        for spec in config.sources:
            source = parse_source(spec, config.exclude, downloads)
            stack.callback(source.close)
            sources.append(source)
        yield sources
