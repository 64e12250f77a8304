"""Cuts: each kind is what it says by Python's own parser, no cut is lost or doubled, any text is borne."""

import ast
import random

import pytest

from codekiln.languages import languages
from codekiln.tasks.cuts import LONGEST, cuts
from programs import PROGRAMS

MANY = 400


def of(text, language="python", wanted=MANY):
    return cuts(languages()[language], text, wanted, random.Random(1))


def spans(text, types):
    """Where nodes of Python's parser stand, in characters."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line.encode()) + 1)
    raw = text.encode()

    def place(row, column):
        return len(raw[: starts[row - 1] + column].decode())

    return {
        (place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, types)
    }


@pytest.fixture
def text():
    return PROGRAMS["python"] + 'name = "größe, 大小"\nprint(name, len(name) + 1)\n'


def test_statements_are_statements_and_expressions_expressions(text):
    found = of(text)
    statements = spans(text, ast.stmt)
    expressions = spans(text, ast.expr)
    kinds = {
        kind: [(cut.start, cut.end) for cut in found if cut.kind == kind]
        for kind in ("statement", "expression", "arguments", "block", "line", "random")
    }
    assert all(kinds.values())
    assert set(kinds["statement"]) <= statements
    assert set(kinds["expression"]) <= expressions
    for start, end in kinds["arguments"]:
        assert text[start - 1] == "("
        assert text[end] == ")"
    for _, end in kinds["line"]:
        assert text[end : end + 1] in ("\n", "")
    for start, end in kinds["block"]:
        assert any(start == first for first, _ in statements)
        assert any(end == last for _, last in statements)


def test_cuts_are_different_and_in_order(text):
    found = of(text)
    places = [(cut.start, cut.end) for cut in found]
    assert len(set(places)) == len(places)
    assert [cut.start for cut in found] == sorted(cut.start for cut in found)
    assert all(text[start:end].strip() and end - start <= LONGEST + 200 for start, end in places)
    assert len(of(text, wanted=5)) == 5
    assert of(text, wanted=5) == of(text, wanted=5)


@pytest.mark.parametrize("language", sorted(PROGRAMS))
def test_each_language_has_cuts_at_nodes(language):
    kinds = {cut.kind for cut in of(PROGRAMS[language], language)}
    assert {"statement", "line", "random"} <= kinds, kinds


@pytest.mark.parametrize("text", ["", "\n \n", "x", "(" * 3000, "\0\0", "}}} {{{ ((("])
def test_any_text_is_borne(text):
    for cut in of(text):
        assert 0 <= cut.start < cut.end <= len(text)
