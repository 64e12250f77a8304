"""Our pipeline once, for the benchmarks: `python -m bench.corpus.ours JSONL WORK [FEWER]`.

Every rule is on: names, text, syntax, licences, tags, secrets, contamination, duplicates, split. A folder
in place of the JSONL gives a source for each file in it, with FEWER but for the last so many.
"""

import sys
from pathlib import Path

from codekiln.artifact import open_work
from codekiln.corpus import CorpusConfig, build_corpus


def main() -> None:
    """Build the corpus in the folder `WORK`."""
    source, work, fewer = Path(sys.argv[1]), Path(sys.argv[2]), int((*sys.argv[3:], "0")[0])
    paths = sorted(source.iterdir()) if source.is_dir() else [source]
    open_work(work)
    names = tuple(f"jsonl:{path}" for path in paths[: len(paths) - fewer])
    build_corpus(CorpusConfig(sources=names), work, "bench")


if __name__ == "__main__":
    main()
