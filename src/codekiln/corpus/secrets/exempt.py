"""The lists of `exempt.toml`: what looks like a secret or like personal data and is none."""

import tomllib
from importlib import resources

EXEMPT: dict[str, list[str]] = tomllib.loads(
    resources.files(__package__).joinpath("exempt.toml").read_text(encoding="utf-8")
)


def any_of(words: str) -> str:
    """A pattern of the words of one list."""
    return "|".join(EXEMPT[words])
