"""Modules of Python that are nearly all of one kind of line."""

import pytest

from codekiln.corpus.filters.python import monotonous


@pytest.mark.parametrize(
    ("line", "most"),
    [
        ("    pass", 5),
        ("import os", 30),
        ("from os import path", 30),
        ("print(1)", 40),
        ("    assert x", 40),
    ],
)
def test_each_kind_has_its_share(verdict, line, most):
    for count, expected in ((most, "kept"), (most + 1, "monotonous")):
        text = f"{line}\n" * count + "x = 1\n" * (100 - count)
        assert verdict(monotonous, "a.py", text) == expected
        assert verdict(monotonous, "a.rb", text) == "kept"


@pytest.mark.parametrize(
    "line", ["password = 1", "passed()", "important = 1", "printer()", "x = 'pass'"]
)
def test_words_that_begin_alike_do_not_count(verdict, line):
    assert verdict(monotonous, "a.py", f"{line}\n" * 100) == "kept"


def test_a_short_module_may_be_imports_alone(verdict):
    assert verdict(monotonous, "__init__.py", "from a import b\n" * 29) == "kept"
    assert verdict(monotonous, "__init__.py", "from a import b\n" * 30) == "monotonous"
