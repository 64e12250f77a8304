"""TOML: tables put behind a file, which is a safe place unless one of them is there already."""

import tomllib
from typing import Any

from codekiln.errors import SettingsError


def with_tables(text: str, added: str) -> str:
    """The text with tables, as text, behind it.

    Raises:
        SettingsError: it is no TOML, or the tables do not go with it.
    """
    old, new = _parsed(text), _parsed(added)
    separated = text if not text or text.endswith("\n") else f"{text}\n"
    merged = separated + ("\n" if separated.strip() else "") + added
    try:
        found = tomllib.loads(merged)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"Our tables do not go with what is there ({error}).") from None
    if found != _joined(old, new):
        raise SettingsError("Our tables would change what is there.")
    return merged


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The file is no TOML ({error}).") from None


def _joined(old: Any, new: Any) -> Any:
    """What both say, tables by their names and lists of tables one after the other."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = [*old, *(name for name in new if name not in old)]
        return {
            name: _joined(old[name], new[name])
            if name in old and name in new
            else old.get(name, new.get(name))
            for name in names
        }
    return old + new if isinstance(old, list) and isinstance(new, list) else new
