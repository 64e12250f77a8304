from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.errors import UsageError
from codekiln.generate.extents import Block, Everything, Hurried, Lines


def fed(extent, pieces):
    """What came out, and whether the extent ended."""
    out = ""
    for place, piece in enumerate(pieces):
        out += extent.feed(piece, final=place == len(pieces) - 1)
        if extent.ended:
            break
    return out, extent.ended


@pytest.mark.parametrize(
    ("lines", "text", "answer", "ended"),
    [
        (1, "a\nb", "a", True),
        (1, "a", "a", False),
        (1, "\n\n  a\r\nb", "\n\n  a", True),
        (2, "a\n\nb", "a\n", True),
        (3, "a\nb\nc", "a\nb\nc", False),
        (1, "a\rb\nc", "a\rb", True),
        (2, "a\r", "a\r", False),
        (2, "a\r\r", "a\r\r", False),
        (1, "a\rb\r\nc", "a\rb", True),
        (1, "\r\n\r\n    a\r\nb", "\r\n\r\n    a", True),
        (2, "a\r\nb\r\nc", "a\r\nb", True),
    ],
)
def test_lines(lines, text, answer, ended):
    assert fed(Lines(lines), [text]) == (answer, ended)
    assert fed(Lines(lines), list(text)) == (answer, ended)


def test_lines_below_one_are_refused():
    with pytest.raises(UsageError, match="lines is 0"):
        Lines(0)
    assert Lines(1)


PYTHON = "def f(x):\n    if x:\n        "
BLOCKS = [
    # in a block's body: until something stands further out
    (PYTHON, "y = 1\n        return y\n    return 2\n", "y = 1\n        return y"),
    (PYTHON, "y = 1\n\n        z\ng = 1\n", "y = 1\n\n        z"),
    (PYTHON, "if y:\n            z\n        w\n    v", "if y:\n            z\n        w"),
    # behind a line that opens a block: what is deeper than it
    ("    for x in y:", "\n        a\n        b\n    c\n", "\n        a\n        b"),
    ("int f() {", "\n  return 1;\n}\nint g() {", "\n  return 1;\n}"),
    ("foo(function () {", "\n  x();\n});\nbar();", "\n  x();\n});"),
    ("  def f", "\n    1\n  end\n  def g", "\n    1\n  end"),
    ("  a = 1", "\n  b = 2\n  c = 3\nd", "\n  b = 2\n  c = 3"),
    ("  if x then", "\n    1\n  end\n  y", "\n    1\n  end"),
    ("if x {", "\n\ta\n} else {\n\tb\n}", "\n\ta"),
    ("\tif x {", "\n\t\ta\n\t}\n}", "\n\t\ta\n\t}"),
    # at the outermost level nothing stands further out
    ("x = 1\n", "y = 2\n\n\nz = 3", "y = 2\n\n\nz = 3"),
    ("f(", "a)\n  b", "a)\n  b"),
    ("def f():", "\r\n    a\r\n    b\r\nc", "\r\n    a\r\n    b"),
]


@pytest.mark.parametrize(("prefix", "text", "answer"), BLOCKS)
def test_blocks(prefix, text, answer):
    assert fed(Block(prefix), [text])[0] == answer
    assert fed(Block(prefix), list(text))[0] == answer


@given(st.sampled_from(BLOCKS), st.data())
def test_an_extent_does_not_depend_on_where_the_pieces_end(case, data):
    prefix, text, answer = case
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)) | {0, len(text)})
    pieces = [text[a:b] for a, b in pairwise(cuts)]
    assert fed(Block(prefix), pieces)[0] == answer


@given(st.text("ab \t\r\n{}", max_size=30), st.text("ab \n{", max_size=10), st.data())
def test_what_comes_out_is_the_beginning_of_what_went_in(text, prefix, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)) | {0, len(text)})
    pieces = [text[a:b] for a, b in pairwise(cuts)] or [""]
    for extent in (Block(prefix), Lines(2), Everything()):
        out, ended = fed(extent, pieces)
        assert text.startswith(out)
        if not ended and not isinstance(extent, Block):
            assert out == text


@pytest.mark.parametrize(
    ("text", "answer", "ended"),
    [
        ("    return 1\n\nx = 2\n", "    return 1", True),  # the line was empty: the first counts
        ("    if a:\n        b\n    c\nd\n", "    if a:\n        b\n    c", True),
        ("\n    a = 1\n    b = 2\nc\n", "\n    a = 1\n    b = 2", True),
        ("a = 1\nb = 2", "a = 1\nb = 2", False),
    ],
)
def test_an_empty_line_has_the_indentation_of_what_is_written(text, answer, ended):
    prefix = "def f():\n"
    assert fed(Block(prefix), [text]) == (answer, ended)
    assert fed(Block(prefix), list(text)) == (answer, ended)


@pytest.mark.parametrize(
    ("text", "late_at", "answer"),
    [
        ("ab\ncd\nef", 1, "ab"),
        ("ab\ncd\nef", 4, "ab\ncd"),
        ("ab\ncd\nef", 99, "ab\ncd\nef"),
        ("\n  ab\ncd", 0, "\n  ab"),
        ("ab", 0, "ab"),
    ],
)
def test_who_is_late_ends_with_the_line(text, late_at, answer):
    come = []
    extent = Hurried(Everything(), lambda: len(come) >= late_at)
    out = ""
    for character in text:
        out += extent.feed(character)
        come.append(character)
        if extent.ended:
            break
    assert out == answer


def test_who_is_late_is_still_held_to_the_other_extent():
    assert fed(Hurried(Lines(1), lambda: False), list("ab\ncd")) == ("ab", True)
    assert fed(Hurried(Block("    "), lambda: True), ["a\r\n", "    b\n"]) == ("a", True)
