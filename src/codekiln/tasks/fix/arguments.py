"""Arguments to try a function with: values of the types that its parameters are likely to want."""

import ast
import random
import re

from codekiln.tasks.fix.program import Function

TRIES = 96

_VALUES: dict[str, tuple[object, ...]] = {
    "int": (0, 1, 2, 3, 5, 7, 10, 12, 100, -1, -4, 255),
    "float": (0.0, 0.5, 1.0, 2.5, -1.5, 3.14, 10.0),
    "str": (
        "",
        "a",
        "abc",
        "hello world",
        "Hello, World!",
        "a,b,c",
        "x=1",
        "12",
        "foo_bar",
        "a/b.txt",
    ),
    "bool": (True, False),
    "bytes": (b"", b"a", b"abc", b"\x00\xff", b"a,b"),
    "ints": ([], [1], [3, 1, 2], [1, 2, 2, 3], [5, -1, 4, 0], [10, 20, 30, 40]),
    "strs": ([], ["a"], ["b", "a", "c"], ["one", "two", "three"], ["x", "x", "y"]),
    "tuple": ((), (1,), (1, 2), (3, 1, 2), ("a", 1)),
    "dict": ({}, {"a": 1}, {"a": 1, "b": 2}, {"x": "y", "z": "w"}, {1: 2, 3: 4}),
    "pairs": ([], [("a", 1)], [("b", 2), ("a", 1)], [(1, 2), (3, 4), (5, 6)]),
    "rows": ([[1, 2], [3, 4]], [[1]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[0, 1], [1, 0]]),
    "none": (None,),
}
_Table = tuple[tuple[str, tuple[str, ...]], ...]
_BY_ANNOTATION: _Table = (
    (r"(list|sequence|iterable|collection)\[(int|float|complex)\]|list\[t\]", ("ints",)),
    (r"(list|sequence|iterable|collection|set)\[str\]", ("strs",)),
    (r"(list|sequence|iterable)\[tuple", ("pairs",)),
    (r"(list|sequence)\[(list|sequence)", ("rows",)),
    (r"dict|mapping", ("dict",)),
    (r"list|sequence|iterable|collection|iterator", ("ints", "strs")),
    (r"tuple", ("tuple",)),
    (r"\bbytes|bytearray", ("bytes",)),
    (r"\bstr\b", ("str",)),
    (r"\bbool\b", ("bool",)),
    (r"\bint\b", ("int",)),
    (r"\bfloat\b|\bcomplex\b|number", ("float", "int")),
)
_BY_NAME: _Table = (
    (r"matrix|grid|rows|table|graph", ("rows",)),
    (r"words|names|lines|strings|keys|parts|paths|args", ("strs",)),
    (r"pairs", ("pairs",)),
    (r"items|values|nums|numbers|array|arr|lst|list|seq|xs|iterable|data", ("ints", "strs")),
    (r"dict|mapping|kwargs|options|headers|params|^d$", ("dict",)),
    (
        r"name|text|string|word|line|path|key|prefix|suffix|sep|char|msg|message|^s$|url|filename|value",
        ("str",),
    ),
    (
        r"^[nkmijabxyz]$|count|index|size|num|width|height|length|start|stop|end|limit|depth|year|month|day",
        ("int",),
    ),
    (r"^(is|has|use)_|flag|strict", ("bool",)),
    (r"tuple|version|shape|point", ("tuple",)),
    (r"bytes|buf|raw", ("bytes",)),
    (r"ratio|rate|alpha|eps|tol|scale|weight", ("float",)),
)
_LIKELY = tuple(name for name in _VALUES if name != "none")


def argument_lists(function: Function) -> list[str]:
    """At most `TRIES` tuples of arguments as Python source, different ones; the same for the same function.

    None for a function that has parameters which are given by name alone and have no default.
    """
    parameters = [*function.args.posonlyargs, *function.args.args]
    required = len(parameters) - len(function.args.defaults)
    if any(default is None for default in function.args.kw_defaults) or not parameters:
        return []
    generator = random.Random(ast.dump(function.args))
    found: dict[str, None] = {}
    for _ in range(TRIES):
        count = generator.randint(required, len(parameters))
        values = [_value(parameter, generator) for parameter in parameters[: max(count, 1)]]
        found[repr(tuple(values))] = None
    return list(found)


def _value(parameter: ast.arg, generator: random.Random) -> object:
    kinds = _kinds(parameter)
    if generator.random() < (0.1 if parameter.annotation else 0.3):
        kinds = _LIKELY
    return generator.choice(_VALUES[generator.choice(kinds)])


def _kinds(parameter: ast.arg) -> tuple[str, ...]:
    if parameter.annotation:
        text = ast.unparse(parameter.annotation).lower()
        table = _BY_ANNOTATION
    else:
        text, table = parameter.arg.lower(), _BY_NAME
    return next((kinds for pattern, kinds in table if re.search(pattern, text)), _LIKELY)
