"""A body for a function: which functions have none, where it goes, and that only what parses does."""

import pytest

from codekiln.apps.implement import implement, unwritten_at
from codekiln.errors import UsageError
from codekiln.languages import languages
from fakes import FakeCompleter

PYTHON = 'import math\n\n\ndef area(r):\n    """The area of a circle."""\n\n\ndef other():\n    return 1\n'
BODY = "return math.pi * r**2"
CASES = {
    "python": (PYTHON, 4, BODY, f'circle."""\n    {BODY}\n\n\ndef other'),
    "python, stub": (
        'class A:\n    def b(self):\n        """Doc."""\n        pass\n\n    def c(self): ...\n',
        3,
        "return 1\n        # end",
        '"""Doc."""\n        return 1\n        # end\n\n    def c',
    ),
    "python, end of file": ("def f(x):\n", 1, "return x", "def f(x):\n    return x\n"),
    "javascript": (
        "/** Adds. */\nfunction add(a, b) {\n}\n\nconst x = add(1, 2);\n",
        2,
        "return a + b;",
        "add(a, b) {\n    return a + b;\n}\n\nconst",
    ),
    "rust": (
        "/// Adds.\nfn add(a: i32) -> i32 {\n  todo!()\n}\n",
        2,
        "a + 1",
        "-> i32 {\n  a + 1\n}\n",
    ),
    "go": (
        "package p\n\n// Add adds.\nfunc Add(a, b int) int {\n}\n",
        4,
        "return a + b",
        "int {\n\treturn a + b\n}\n",
    ),
    "java": (
        "class A {\n    /** Adds. */\n    int add(int a) {\n    }\n}\n",
        3,
        "return a + 1;",
        "add(int a) {\n        return a + 1;\n    }\n}\n",
    ),
    "java, package": (
        "package a;\n\nclass A {\n    /** Adds. */\n    int add(int a) {\n    }\n}\n",
        5,
        "return a + 1;",
        "add(int a) {\n        return a + 1;\n    }\n}\n",
    ),
    "javascript, block comment": (
        "/**\n * Adds.\n */\nfunction add(a, b) {\n}\n",
        4,
        "return a + b;",
        "add(a, b) {\n    return a + b;\n}\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_body_stands_where_it_belongs(case):
    text, line, body, expected = CASES[case]
    language = languages()[case.partition(",")[0]]
    found = implement(FakeCompleter([body, "\n\n"]), text, line, language)
    assert found.verified.state == "verified"
    assert expected in found.text
    assert found.body.strip() == body.strip()
    # Nothing else has changed.
    before, _, after = found.text.partition(found.body)
    assert text.startswith(before.rstrip("\n"))
    assert text.rstrip("\n").endswith(after.strip("\n"))


def test_the_model_reads_the_excerpt_and_the_margin():
    completer = FakeCompleter([BODY])
    implement(completer, PYTHON, 4, languages()["python"], path="a.py", context="# of elsewhere\n")
    (request,) = completer.requests
    assert request.prefix == 'import math\n\ndef area(r):\n    """The area of a circle."""\n    '
    assert (request.suffix, request.path, request.block) == ("", "a.py", True)
    assert request.context == "# of elsewhere\n"


def test_what_does_not_parse_is_cut_or_left_out():
    language = languages()["python"]
    cut = implement(FakeCompleter([f"{BODY}\n    ) = ("]), PYTHON, 4, language)
    assert (cut.body.strip(), cut.verified.reason) == (BODY, "cut")
    none = implement(FakeCompleter([")))"]), PYTHON, 4, language)
    assert (none.text, none.body, none.verified.state) == (PYTHON, "", "nothing")


@pytest.mark.parametrize(
    ("text", "line"),
    [(PYTHON, 8), (PYTHON, 9), (PYTHON, 1), ("x = 1\n", 1), ("", 1), ("def f(): return 1\n", 1)],
)
def test_where_nothing_is_to_be_written_it_is_refused(text, line):
    language = languages()["python"]
    assert unwritten_at(language, text, line) is None
    with pytest.raises(UsageError, match=f"Line {line} is in no python function without a body"):
        implement(FakeCompleter(["pass"]), text, line, language)
