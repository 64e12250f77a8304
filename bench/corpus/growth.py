"""What a corpus costs as it grows: the same packages, a sixteenth, a quarter and all of the files.

Processor time a megabyte should stay as it is. What a run takes before it reads anything (starting Python
and its workers) is measured on some files more, and taken off with them.
"""

import tempfile
from pathlib import Path

from bench.corpus import rows
from bench.corpus.runs import measured

MEGABYTES = 700
TIMES = (1, 4, 16)

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """A row for each size."""
    sizes, runs = [], []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "rows.jsonl")
        for share in (0.1, *TIMES):
            sizes.append(rows.write(source, MEGABYTES * share / TIMES[-1]) / 1e6)
            runs.append(measured("ours", source))
    start = runs[0].cpu
    costs = [
        (run.cpu - start) / (size - sizes[0]) for run, size in zip(runs[1:], sizes[1:], strict=True)
    ]
    return {
        "from 1x to 16x": [
            {
                "corpus": f"{times}x",
                "MB": f"{size:.0f}",
                "seconds of a core": f"{run.cpu:.1f}",
                "to start": f"{start:.1f}",
                "seconds a MB": f"{cost:.3f}",
                "against 1x": f"{cost / costs[0]:.2f}",
                "memory of a process": f"{run.memory / 1e6:.0f} MB",
            }
            for times, size, run, cost in zip(TIMES, sizes[1:], runs[1:], costs, strict=True)
        ]
    }
