"""How the outline of a definition is written: as Python with `...`, or as a declaration with braces."""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

MEMBERS = 16  # fields and methods that the outline of a type has at most

_PRIVATE = re.compile(r"#|private\b|(?:(?:async\s+)?def\s+)?_(?!_init__\b)")


@dataclass(frozen=True)
class Outline:
    """A definition without its body, no line end behind it; `short` has none of a type's members."""

    full: str
    short: str


def verbatim(text: str) -> Outline:
    """What is short enough to be its own outline."""
    return Outline(text, text)


def indented(head: str, document: str, members: Iterable[str] | None) -> Outline:
    """Python; `members` is None for a function.

    >>> print(indented("class A:", "", ["x: int", "def f(self) -> int:"]).full)
    class A:
        x: int
        def f(self) -> int: ...
    """
    string = document.replace('"""', "'''")
    lines = [f'"""{string}"""'] if document else []
    rest = [f"{each} ..." if each.endswith(":") else each for each in _public(members or ())]
    return Outline(
        _python(head, lines + rest, members is None), _python(head, lines, members is None)
    )


def _python(head: str, lines: list[str], is_function: bool) -> str:
    if not lines:
        return f"{head} ..."
    body = [*lines, "..."] if is_function else lines
    return "\n".join((head, textwrap.indent("\n".join(body), "    ")))


def braced(head: str, document: str, members: Iterable[str]) -> Outline:
    """Languages with braces and line comments of two slashes.

    >>> print(braced("int add(int a)", "Adds.", []).full)
    // Adds.
    int add(int a);
    """
    above = f"// {document}\n" if document else ""
    short = f"{above}{_declared(head)}"
    body = "\n".join(map(_declared, _public(members)))
    full = f"{above}{head} {{\n{textwrap.indent(body, '    ')}\n}}" if body else short
    return Outline(full, short)


def _declared(text: str) -> str:
    return f"{text.rstrip(';').removesuffix('=>').rstrip()};"


def _public(members: Iterable[str]) -> list[str]:
    return [member for member in members if not _PRIVATE.match(member)][:MEMBERS]
