"""Rows of JSON, one a line, be the file packed or not."""

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from codekiln.corpus.sources.archive.caps import CAPS
from codekiln.corpus.sources.archive.stream import DamageError, unpacked
from codekiln.corpus.sources.exclude import Exclusion
from codekiln.corpus.sources.source import File, unread
from codekiln.corpus.sources.table.row import COLUMNS, Row, choose_columns
from codekiln.errors import SourceError

LONGEST = 16_000_000  # a file of 1 MB with each of its characters escaped, and room for the rest
_CAPS = replace(CAPS, archive=sys.maxsize)  # a table may be of any size, but is no bomb


def check_lines(path: Path) -> None:
    """Read the first line.

    Raises:
        SourceError: it is no JSON, or no key of it holds code.
    """
    try:
        with path.open("rb") as packed:
            line = unpacked(packed, _CAPS, path.name).readline(LONGEST)
        values = _parse(line)
    except (DamageError, ValueError) as error:
        raise SourceError(
            f"{path} does not begin with a line of JSON ({error}): give one object a line."
        ) from None
    choose_columns(values.keys(), str(path))


def line_files(path: Path, name: str, exclusion: Exclusion) -> Iterator[File]:
    """One file for each line that is not empty. Whatever lies behind damage is one with a defect."""
    number = 0
    try:
        with path.open("rb") as packed:
            for line in _lines(unpacked(packed, _CAPS, path.name)):
                number += 1
                if len(line) > LONGEST:
                    yield File(f"{name}:{number}", len(line), unread, "too-large")
                elif line.strip():
                    yield _file(line, name, number, exclusion)
    except (DamageError, OSError) as error:
        yield File(f"{name}:{number + 1}", 0, unread, "broken-rows", str(error))


def _lines(stream: "io.BufferedReader[Any]") -> Iterator[bytes]:
    """Lines with their ends; of one that is too long, only a little more than is allowed."""
    while line := stream.readline(LONGEST + 1):
        yield line
        while len(line) > LONGEST and not line.endswith(b"\n"):
            line = stream.readline(LONGEST + 1)


def _file(line: bytes, name: str, number: int, exclusion: Exclusion) -> File:
    try:
        values = _parse(line)
        told = {
            role: next((values[key] for key in keys if key in values), None)
            for role, keys in COLUMNS.items()
        }
        content = told["content"]
        raw = None if content is None else _encoded(content)
    except ValueError as error:
        return File(f"{name}:{number}", 0, unread, "bad-row", str(error))
    size = None if raw is None else len(raw)
    return Row.of(told).file(name, number, exclusion, size, partial(bytes, raw or b""))


def _parse(line: bytes) -> dict[str, Any]:
    try:
        values = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("it is no object")
    return values


def _encoded(content: Any) -> bytes:
    if not isinstance(content, str):
        raise ValueError("its content is no text")
    return content.encode()
