"""TOML that strangers wrote, read in a time that its size bounds.

What the tables say of a licence is read in `manifests.py` and `annotations.py`.
"""

import re
import tomllib
from typing import Any

# `a.b.c = 1` costs the square of its parts.
_MOST_DOTS = 100
_PARTS = re.compile(r"[\n=,]")


def tables(text: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        ValueError: it is no TOML, or hostile.
        RecursionError: it is nested too deeply.
    """
    if any(part.count(".") > _MOST_DOTS for part in _PARTS.split(text)):
        raise ValueError("a key of too many parts")
    return tomllib.loads(text)
