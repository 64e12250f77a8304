"""Memory a document: the same build over four times as many small documents, in processes of their own.

What does not grow is the interpreter, the engine and one round of files.
"""

import json
import tempfile
from pathlib import Path
from random import Random

from bench.corpus.runs import measured

FEWER, MORE = 40_000, 160_000

Row = dict[str, str]


def write(path: Path, count: int) -> None:
    """So many functions that share no line, each a file of its own, of a thousand repositories."""
    random = Random(1)
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            names = ["".join(random.choices("abcdefghijklmnop", k=7)) for _ in range(24)]
            lines = [
                f"    {a} = {b}({c}, {d})" for a, b, c, d in zip(*[iter(names)] * 4, strict=True)
            ]
            row = {
                "content": "\n".join([f"def {names[0]}_{number}():", *lines, ""]),
                "path": f"p{number % 97}/m{number}.py",
                "repo_name": f"r{number % 1000}",
                "license": "MIT",
            }
            file.write(json.dumps(row) + "\n")


def run() -> dict[str, list[Row]]:
    """The highest memory at both sizes, and what one more document takes."""
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (FEWER, MORE):
            source = Path(folder, f"{count}.jsonl")
            write(source, count)
            runs.append(measured("ours", source))
    slope = (runs[1].memory - runs[0].memory) / (MORE - FEWER)
    row = {
        "documents": f"{FEWER:,} and {MORE:,}",
        "highest memory of a process": " and ".join(f"{run.memory / 1e6:.0f} MB" for run in runs),
        "bytes a document": f"{slope:.0f}",
        "seconds of a core": " and ".join(f"{run.cpu:.0f}" for run in runs),
    }
    return {"many small documents": [row]}
