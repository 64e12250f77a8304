"""A program for tests: build the corpus of a folder in tiny chunks, so that it can be killed."""

import sys
from pathlib import Path

from codekiln.artifact import open_work
from codekiln.corpus import CorpusConfig, build_corpus
from codekiln.corpus.collect import listing
from codekiln.corpus.collect.engine import Engine

if __name__ == "__main__":
    code, work, runner, round_bytes = sys.argv[1:]
    listing.CHUNK_FILES = 5
    Engine.round_bytes = int(round_bytes)  # type: ignore[method-assign, assignment]
    open_work(Path(work))
    sources = tuple(f"own:{path}" for path in sorted(Path(code).iterdir()))
    build_corpus(CorpusConfig(sources=sources), Path(work), "c", runner)  # type: ignore[arg-type]
