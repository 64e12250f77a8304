"""JSON with comments and trailing commas, as editors read it: a member put in, all else left as it is.

A new member comes first in its object, so that no comma has to be found among comments.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from codekiln.errors import SettingsError

_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
_OTHER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")
_DEEPEST = 100


@dataclass(frozen=True)
class _Value:
    """A value and where it stands; `members` are those of an object, None for anything else."""

    value: Any
    start: int
    end: int
    members: dict[str, "_Value"] | None = field(default=None)


def with_member(text: str, path: Sequence[str], value: Any) -> str:
    """The text with a value at a path of names; objects on the way are made.

    Raises:
        SettingsError: it is no JSON with comments, has a name twice, or has something else than an object
            on the way.
    """
    if not text.strip():
        text = "{\n}\n"
    whole, rest = _parsed(text), list(path)
    here = whole
    while len(rest) > 1 and here.members and rest[0] in here.members:
        here = here.members[rest.pop(0)]
    if here.members is None:
        raise SettingsError(f"'{'.'.join(path[: len(path) - len(rest)])}' is there, and no object.")
    for inner in reversed(rest[1:]):
        value = {inner: value}
    old = here.members.get(rest[0])
    if old is not None:
        written = _written(text, value, old.start)
        return text if old.value == value else text[: old.start] + written + text[old.end :]
    outer = _margin(text, here.start)
    margin = outer + _step(text)
    member = f"\n{margin}{json.dumps(rest[0])}: {_dumped(value, margin, _step(text))}"
    behind = text[here.start + 1 :]
    if here.members:
        behind = (
            f",{behind}"
            if behind.startswith(("\n", "\r\n"))
            else f",\n{margin}{behind.lstrip(' ')}"
        )
    elif not behind.lstrip(" \t").startswith(("\n", "\r", "/")):
        behind = f"\n{outer}{behind.lstrip()}"
    return text[: here.start + 1] + member + behind


def parsed(text: str) -> Any:
    """The value of a text; errors as `with_member`."""
    return _parsed(text).value


def _parsed(text: str) -> _Value:
    try:
        found = _value(text, _skip(text, 1 if text.startswith("\ufeff") else 0), 0)
    except (IndexError, ValueError) as error:
        raise SettingsError(f"The file is no JSON with comments ({error}).") from None
    if _skip(text, found.end) != len(text):
        raise SettingsError("The file is no JSON with comments (there is more behind its end).")
    return found


def _value(text: str, place: int, depth: int) -> _Value:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    if text[place] == "{":
        return _object(text, place, depth)
    if text[place] == "[":
        return _array(text, place, depth)
    found = _STRING.match(text, place) or _OTHER.match(text, place)
    if not found:
        raise ValueError(f"line {text.count(chr(10), 0, place) + 1}")
    return _Value(json.loads(found[0]), place, found.end())


def _object(text: str, start: int, depth: int) -> _Value:
    members: dict[str, _Value] = {}
    place = _skip(text, start + 1)
    while text[place] != "}":
        name = _value(text, place, depth + 1)
        if not isinstance(name.value, str) or name.value in members:
            raise ValueError(f"a name twice, or none, in line {text.count(chr(10), 0, place) + 1}")
        place = _skip(text, name.end)
        if text[place] != ":":
            raise ValueError(f"line {text.count(chr(10), 0, place) + 1}")
        members[name.value] = found = _value(text, _skip(text, place + 1), depth + 1)
        place = _next(text, found.end, "}")
    value = {name: member.value for name, member in members.items()}
    return _Value(value, start, place + 1, members)


def _array(text: str, start: int, depth: int) -> _Value:
    values: list[Any] = []
    place = _skip(text, start + 1)
    while text[place] != "]":
        found = _value(text, place, depth + 1)
        values.append(found.value)
        place = _next(text, found.end, "]")
    return _Value(values, start, place + 1)


def _next(text: str, end: int, closing: str) -> int:
    """Where the next element begins, or the closing bracket stands."""
    place = _skip(text, end)
    if text[place] == ",":
        return _skip(text, place + 1)
    if text[place] != closing:
        raise ValueError(f"line {text.count(chr(10), 0, place) + 1}")
    return place


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    assert found, "nothing is blank too"
    return found.end()


def _margin(text: str, place: int) -> str:
    """The blanks that the line of a place begins with."""
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _step(text: str) -> str:
    """One level of indentation, as the file has it."""
    found = re.search(r"^([ \t]+)\"", text, re.MULTILINE)
    return found[1] if found else "  "


def _written(text: str, value: Any, place: int) -> str:
    return _dumped(value, _margin(text, place), _step(text))


def _dumped(value: Any, margin: str, step: str) -> str:
    return json.dumps(value, indent=step, ensure_ascii=False).replace("\n", f"\n{margin}")
