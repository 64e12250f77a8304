"""Recipes: TOML and overrides become frozen dataclasses. An unknown or mistyped key is an error.

Each room declares its own settings as a frozen dataclass whose fields carry a help text
(`setting`); nothing here knows any of them.
"""

import dataclasses
import difflib
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, Union

from codekiln.errors import RecipeError

T = TypeVar("T")


def setting(default: Any, help: str, check: str = "") -> Any:
    """A dataclass field with a help text and, in `check`, a bound such as `"> 0"` or `"0..1"`."""
    metadata = {"help": help, "check": check}
    if isinstance(default, list | dict):
        raise TypeError("settings are immutable: use a tuple")
    return dataclasses.field(default=default, metadata=metadata)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a recipe file.

    Raises:
        RecipeError: there is no such file, or it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise RecipeError(f"There is no recipe {path}: give the path of a TOML file.") from None
    except IsADirectoryError:
        raise RecipeError(f"{path} is a folder: give the path of a TOML file.") from None
    except OSError as error:
        raise RecipeError(
            f"{path} may not be read ({error.strerror}): give the path of another file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML ({error}): mend that line.") from None


def override(tables: Mapping[str, Any], assignments: Iterable[str]) -> dict[str, Any]:
    """`tables` with each `stage.field=value` applied; a value is TOML, or else plain text."""
    merged: dict[str, Any] = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in tables.items()
    }
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        *stage, key = name.strip().split(".")
        if not equals or len(stage) > 1 or not key:
            raise RecipeError(f"--set {assignment!r} is not of the form stage.field=value.")
        table = merged.setdefault(stage[0], {}) if stage else merged
        if not isinstance(table, dict):
            raise RecipeError(f"--set {assignment!r}: {stage[0]} is not a table of the recipe.")
        table[key] = _toml_value(text.strip())
    return merged


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def parse(cls: type[T], table: Mapping[str, Any], where: str = "") -> T:
    """Build the dataclass `cls` from a TOML table, checking every key, type and bound.

    Raises:
        RecipeError: a key is unknown (the nearest is named), missing, mistyped or out of bounds.
    """
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in table:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            remedy = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(fields)}."
            raise RecipeError(f"Unknown key '{_dotted(where, key)}': {remedy}")
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _value(table[name], hints[name], _dotted(where, name))
            _check(values[name], field.metadata.get("check", ""), _dotted(where, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise RecipeError(f"The recipe lacks '{_dotted(where, name)}': add it.")
    return cls(**values)


def _dotted(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _value(value: Any, hint: Any, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise RecipeError(f"'{where}' must be a table of settings, not {value!r}.")
        return parse(hint, value, where)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        for choice in (argument for argument in arguments if argument is not type(None)):
            return _value(value, choice, where)
    if origin is typing.Literal:
        if value in arguments:
            return value
        raise RecipeError(f"'{where}' must be one of {', '.join(map(str, arguments))}: {value!r}.")
    if origin is tuple:
        items = value if isinstance(value, list) else [value]
        return tuple(_value(item, arguments[0], where) for item in items)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise RecipeError(f"'{where}' must be of type {hint.__name__}, not {value!r}.")
    return value


def _check(value: Any, check: str, where: str) -> None:
    if not check or value is None:
        return
    if ".." in check:
        low, high = (float(bound) for bound in check.split(".."))
        fits = low <= value <= high
    else:
        sign, bound = check.split()
        fits = value > float(bound) if sign == ">" else value >= float(bound)
    if not fits:
        raise RecipeError(f"'{where}' must be {check.replace('..', ' to ')}, not {value}.")
