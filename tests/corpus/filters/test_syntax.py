"""How much of a file may fit no construct of its language."""

import pytest

from codekiln.corpus.filters.syntax import syntax

GOOD = "def f(value):\n    return value + 1\n\n\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", GOOD, "kept"),
        ("a.py", "print 'of Python 2'\n", "kept"),
        ("a.py", GOOD + "def (:\n    ][\n", "syntax-error"),
        ("a.py", GOOD * 40 + "x = = 1\n", "kept"),  # one slip in a long file
        (
            "a.c",
            "BEGIN_DECLS\nint f(void) { return 1; }\nint g(void) { return 2; }\nEND_DECLS\n",
            "kept",
        ),
        ("a.c", "This file is prose, (and not) {any} C; at all? No: none.\n" * 9, "syntax-error"),
        ("a.java", "class A { int f() { return 1; } }\n", "kept"),
        ("a.java", "class A { int f( { return 1 } }\n", "syntax-error"),
        ("a.tcl", "][ no grammar (\n", "kept"),
    ],
)
def test_what_does_not_parse(verdict, path, text, expected):
    assert verdict(syntax, path, text) == expected
