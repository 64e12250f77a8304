"""The files of the packages of a recipe as one JSONL that both pipelines can read.

Nothing is cleaned here; only what is no text of a known language, or over a megabyte, is left out, because
no reader of JSONL could hold it.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from codekiln.config import read_toml
from codekiln.corpus.sources import UnreadableError, parse_source
from codekiln.languages import language_of

RECIPE = Path(__file__).parents[2] / "recipes" / "packages.toml"
LARGEST = 1_000_000  # bytes of a file


def cache() -> Path:
    """Where packages are kept from one run to the next."""
    return Path(os.environ.get("CODEKILN_BENCH_CACHE", "work/bench"))


def rows(sources: list[str]) -> Iterator[dict[str, str]]:
    """Every file of the sources whose name tells a language of code."""
    for name in sources:
        source = parse_source(name, (), cache() / "downloads")
        for file in source.files():
            language = language_of(file.path)
            if file.defect or language is None or language.kind != "code":
                continue
            if (file.size or 0) > LARGEST:
                continue
            try:
                text = file.read().decode()
            except (UnreadableError, UnicodeDecodeError):
                continue
            repository = source.repository
            yield {"content": text, "path": file.path, "repo_name": repository, "license": "MIT"}
        source.close()


def whole() -> Path:
    """All files of the recipe's packages as one JSONL, which is made once."""
    path = cache() / "packages.jsonl"
    if not path.exists():
        sources = read_toml(RECIPE)["corpus"]["sources"]
        beside = path.with_suffix(".tmp")
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(sources))
        beside.replace(path)
    return path


def write(path: Path, megabytes: float) -> int:
    """Fill a JSONL with about so many megabytes of content, packages in turn; gives the bytes.

    So that a smaller corpus is like a larger one, files are drawn from all packages by their number.
    """
    share = min(1.0, megabytes * 1e6 / whole().stat().st_size)
    total, owed = 0, 0.0
    with whole().open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as file:
        for line in lines:
            owed += share
            if owed >= 1:
                owed -= 1
                file.write(line)
                total += len(json.loads(line)["content"].encode())
    return total
