"""Lines, letters, digits, comments: each bound from both of its sides."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.corpus.filters import Candidate, Rules
from codekiln.corpus.filters.text import (
    alphabetic,
    alphanumeric,
    comments,
    length,
    line_length,
    minified,
)

LICENCE = (
    "/*\n * Permission is hereby granted, free of charge, to any person\n" * 1
    + " * a\n" * 60
    + " */\n"
)
DOCUMENTED = """package a.b;

/**
 * Looks a name up.
 * It may be asked from any thread.
 */
public interface Names {

    /**
     * The number of a name.
     * Zero where there is none.
     */
    int find(String name);
}
"""


@pytest.mark.parametrize(
    ("longest", "mean", "expected"),
    [(1000, 100, "kept"), (1001, 50, "long-line"), (200, 101, "long-mean-line")],
)
def test_the_lengths_of_lines(verdict, longest, mean, expected):
    """A text of two lengths: one long line, and the others such that the mean is as wished."""
    others = 40
    rest, more = divmod(mean * (others + 1) - longest, others)
    lines = ["x" * longest, *["y" * (rest + (place < more)) for place in range(others)]]
    assert sum(map(len, lines)) == mean * len(lines)
    assert verdict(line_length, "a.py", "\n".join(lines)) == expected


def test_the_recipe_sets_the_lengths_but_markup_has_its_own(verdict):
    text = "x" * 300 + "\n"
    assert verdict(line_length, "a.py", text, Rules(max_mean_line=300)) == "kept"
    assert verdict(line_length, "a.py", text, Rules(max_mean_line=299)) == "long-mean-line"
    assert verdict(line_length, "a.html", text, Rules(max_mean_line=299)) == "kept"
    assert verdict(line_length, "a.md", "x" * 100_001) == "long-line"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.json", "x" * 49, "odd-length"),
        ("a.json", "x" * 50, "kept"),
        ("a.json", "x" * 5000, "kept"),
        ("a.json", "x" * 5001, "odd-length"),
        ("a.yaml", "x: 1\n" * 512, "kept"),
        ("a.yaml", "x: 1\n" * 513, "too-many-lines"),
        ("a.py", "x = 1\n" * 100_000, "kept"),
        ("a.py", "x = 1\n" * 100_001, "too-many-lines"),
        ("a.py", "x = 1\n", "kept"),
    ],
)
def test_the_length_of_a_file(verdict, path, text, expected):
    assert verdict(length, path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 25 + "-" * 75, "kept"),
        ("a" * 24 + "-" * 76, "few-letters"),
        ("é" * 25 + "-" * 75, "kept"),
        ("1" * 25 + "-" * 75, "kept"),
    ],
)
def test_the_share_of_letters_and_digits(verdict, text, expected):
    assert verdict(alphanumeric, "a.py", text) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", "a" * 25 + "-" * 75, "kept"),
        ("a.py", "a" * 24 + "1" + "-" * 75, "few-letters"),
        ("a.py", "a" * 60 + "1" * 40, "kept"),
        ("a.py", "a" * 59 + "1" * 41, "many-digits"),
        ("a.s", "a" * 50 + "1" * 50, "kept"),
        ("a.s", "a" * 49 + "1" * 51, "many-digits"),
        ("a.json", "1" * 100, "kept"),
    ],
)
def test_the_shares_of_letters_and_of_digits(verdict, path, text, expected):
    assert verdict(alphabetic, path, text) == expected


@settings(deadline=None)
@given(st.text(min_size=1))
def test_letters_and_digits_are_those_of_a_plain_count(text):
    letters = sum(character.isalpha() for character in text)
    others = sum(character.isalnum() for character in text) - letters
    assert Candidate("a.py", text=text).letters_and_digits == (letters, others)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.py", "x = 1\n\n" + "# a\n" * 12, "kept"),
        ("a.py", "x = 1\n\n" + "# a remark of some length\n" * 40, "mostly-comments"),
        ("a.py", "# a remark of some length\n" * 40 + "x = 1\n", "kept"),  # the head of the file
        ("a.py", "# head\n\n" + "# a remark of some length\n" * 40 + "x = 1\n", "mostly-comments"),
        ("a.py", '"""' + "a\n" * 400 + '"""\n', "kept"),  # documentation is no comment
        ("A.java", DOCUMENTED, "kept"),
        ("A.java", LICENCE + DOCUMENTED, "kept"),
        ("package-info.java", LICENCE + "\n/**\n" + " * Words on a package.\n" * 9 + " */\npackage a;\n",
         "mostly-comments"),
        ("a.c", "int x; /* a */\n" * 9, "kept"),  # beside code
        ("a.c", "/* a\n" * 90, "kept"),  # not closed: it is for the grammar to say
        ("a.txt", "# a remark of some length\n" * 40, "kept"),
    ],
)  # fmt: skip
def test_the_share_of_comments(verdict, path, text, expected):
    assert verdict(comments, path, text) == expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.js", "f(a,b);" * 100, "minified"),
        ("a.js", "f(a, b);\n" * 100, "kept"),
        ("a.js", "f(a,b);" * 10, "kept"),
        ("a.css", "a{b:c}" * 100, "minified"),
        ("a.py", "f(a,b);" * 100, "kept"),
    ],
)
def test_scripts_without_white_space(verdict, path, text, expected):
    assert verdict(minified, path, text) == expected
