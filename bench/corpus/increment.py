"""What one repository more costs: a corpus of 100, again as it is, with one more, and that one alone.

Each is a source of its own. Seconds are of the processor; starting Python is in all of them.
"""

import json
import tempfile
from pathlib import Path

from bench.corpus import rows
from bench.corpus.runs import Run
from bench.corpus.runs import run as timed

REPOSITORIES, MEGABYTES = 100, 1.0  # each

Row = dict[str, str]


def run() -> dict[str, list[Row]]:
    """A row for each build."""
    with tempfile.TemporaryDirectory() as name:
        many, one = Path(name, "many"), Path(name, "one")
        _fill(many, one)
        work, fresh = str(Path(name, "work")), str(Path(name, "fresh"))
        runs = {
            f"{REPOSITORIES} repositories": timed("ours", str(many), work, "1"),
            "again, nothing changed": timed("ours", str(many), work, "1"),
            "with one more": timed("ours", str(many), work),
            "that one alone, in a folder of its own": timed("ours", str(one), fresh),
        }
    alone = list(runs.values())[-1]
    return {f"repositories of {MEGABYTES:.0f} MB": [_row(*item, alone) for item in runs.items()]}


def _row(build: str, run: Run, alone: Run) -> Row:
    return {
        "build": build,
        "seconds of a core": f"{run.cpu:.1f}",
        "on the clock": f"{run.wall:.1f}",
        "of the one alone": f"{run.cpu / alone.cpu:.1f}x",
    }


def _fill(many: Path, one: Path) -> None:
    """A JSONL for each repository; the last stands in a folder by itself, too."""
    many.mkdir()
    one.mkdir()
    with rows.whole().open(encoding="utf-8") as lines:
        for number in range(REPOSITORIES + 1):
            size, chosen = 0, []
            while size < MEGABYTES * 1e6:
                chosen.append(next(lines))
                size += len(json.loads(chosen[-1])["content"].encode())
            path = many / f"{number:04}.jsonl"
            path.write_text("".join(chosen), encoding="utf-8")
    (one / path.name).write_bytes(path.read_bytes())
