"""Programs that stand alone: they run by themselves, and do what the function does in its module."""

import types

import pytest

from codekiln.tasks.fix.program import programs

MODULE = '''"""A module."""
from __future__ import annotations

import os
import re, math as m
from collections import Counter as C, deque

LIMIT = 3
WORD = re.compile(r"\\w+")


def helper(text):
    return WORD.findall(text)[:LIMIT]


@staticmethod
def count(text: str) -> dict[str, int]:
    """Count (words)."""
    found = C(helper(text))

    class Inner:
        value = m.floor(2.5)

    return {word: number * Inner.value for word, number in found.items()}


def reads(path):
    return open(path).read()


def home():
    return os.getcwd()


def unknown(x):
    return elsewhere(x)


def twice(x):
    return number


number = 1
number = 2
'''


def test_they_hold_what_is_needed_and_no_more():
    (helper, count) = programs(MODULE)
    assert (helper.name, count.name) == ("helper", "count")
    assert helper.code == (
        "from __future__ import annotations\nimport re\n\n\nLIMIT = 3\n\n\n"
        'WORD = re.compile(r"\\w+")\n\n\ndef helper(text):\n    return WORD.findall(text)[:LIMIT]\n'
    )
    assert "import math as m\n" in count.code
    assert "from collections import Counter as C\n" in count.code
    assert "deque" not in count.code


def test_they_do_what_the_module_does():
    whole, alone = types.ModuleType("whole"), types.ModuleType("alone")
    exec(MODULE, whole.__dict__)  # noqa: S102
    exec(list(programs(MODULE))[1].code, alone.__dict__)  # noqa: S102
    assert alone.count("a b a c d") == whole.count("a b a c d") == {"a": 4, "b": 2}


@pytest.mark.parametrize(
    ("code", "stands"),
    [
        ("def f(x):\n    return [y for y in x if (z := y)]\n", True),
        ("def f(x):\n    return x.y\n", True),
        ("def f(x):\n    global g\n    return g\n", False),
        ("from . import a\n\ndef f(x):\n    return a(x)\n", False),
        ("import numpy\n\ndef f(x):\n    return numpy.sum(x)\n", False),
        ("import json\n\ndef f(x):\n    return json.dumps(x)\n", True),
        ("def f(x):\n    import random\n    return random.random()\n", False),
        ("def f(x):\n    match x:\n        case [a, *b]:\n            return a\n", True),
        ("def f(x):\n    return x\n" + "    # more\n" * 200 + "    return 1\n", False),
        ("async def f(x):\n    return x\n", True),
    ],
)
def test_what_stands_alone(code, stands):
    assert bool(list(programs(code))) == stands


@pytest.mark.parametrize("text", ["def f(:\n", "\0", "(" * 500])
def test_what_is_no_python_gives_none(text):
    assert list(programs(text)) == []
