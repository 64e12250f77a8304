"""Our pipeline once, for the benchmarks: `python -m bench.corpus.ours JSONL FOLDER`.

Every rule is on: names, text, syntax, licences, tags, secrets, contamination, duplicates, split.
"""

import sys
from pathlib import Path

from codekiln.artifact import open_work
from codekiln.corpus import CorpusConfig, build_corpus


def main() -> None:
    """Build the corpus of one JSONL file in `FOLDER`."""
    source, work = Path(sys.argv[1]), Path(sys.argv[2])
    open_work(work)
    build_corpus(CorpusConfig(sources=(f"jsonl:{source}",)), work, "bench")


if __name__ == "__main__":
    main()
