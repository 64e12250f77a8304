"""The bounds of `bounds.toml`: for each language, those of its own over the default ones."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple


class Bounds(NamedTuple):
    """What one file of a language must keep to; a length of None is the recipe's to say."""

    lines: int
    alphanumeric: float
    alphabetic: float
    digits: float
    comments: float
    encoded_run: int
    encoded_share: float
    errors: float
    characters: tuple[int, int]
    max_line: int | None = None
    max_mean_line: int | None = None


@cache
def bounds(language: str) -> Bounds:
    """The bounds of a language by its name; an unknown one has the default."""
    tables = _tables()
    values = {**tables["default"], **tables.get(language, {})}
    return Bounds(**{**values, "characters": tuple(values["characters"])})


@cache
def _tables() -> Mapping[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("bounds.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
