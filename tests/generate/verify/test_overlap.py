import pytest

from codekiln.generate.verify.brackets import closing, surplus, unclosed
from codekiln.generate.verify.overlap import without_doubled, without_repeated

# prefix, candidate, suffix, what is left
REPEATED = [
    ("f(", "a, b)\n    return total", ")\n    return total\n", "a, b"),  # its end
    ("f(", "a)\n    return total\n\ndef g", ")\n    return total\n", "a"),  # two lines inside
    ("    ", "x = 1\n    total = more\n", "\n    total = more\n    y = 2\n", "x = 1"),
    ("a = 0\n    ", "total = first", "\n    total = first\n", ""),  # the line below
    ("x = ", "1;", ";\n", "1"),
    ("[", "1,", ", 2]\n", "1"),
]
KEPT = [
    ("f(", "a, b)", ")\n", "a, b)"),  # short: a parser can tell
    ("x = ", "total", "\ntotal = first\n", "total"),  # not on a line of its own
    ("    ", "pass", "\n    pass\n", "pass"),  # too short to be no accident
    ("", "subtotals", "totals_of_all = 1\n", "subtotals"),  # not at a word's border
    ("x = ", "1;", "\n;", "1;"),
    ("", "f()\n\n", "\n\ng()\n", "f()\n\n"),
]


@pytest.mark.parametrize(("prefix", "candidate", "suffix", "left"), REPEATED + KEPT)
def test_what_stands_behind_is_not_said_again(prefix, candidate, suffix, left):
    assert without_repeated(prefix, candidate, suffix) == left


@pytest.mark.parametrize(
    ("prefix", "candidate", "suffix", "left"),
    [
        ("f(", "a)", ")", "a"),
        ("f(g(", "a)", ")", "a)"),  # two are open
        ("f([", "a]);", "]);\n", "a"),
        ("f(", "a", ")", "a"),
        ("f(", "(a)", ")", "(a)"),
        ("f(", "a)", "\n)", "a)"),
        ("    g(", "x)\n}", ")\n}\nmore();\n", "x"),
        ("  let x = vec![", "1, 2];\n}", "];\n}\n", "1, 2"),
        ("    g(", "x)\n  }", "\n}\n", "x)\n  }"),  # another block's
        ("if a {", "\n  b\n}", "\n", "\n  b\n}"),
    ],
)
def test_closing_brackets_are_taken_away_while_there_are_too_many(prefix, candidate, suffix, left):
    assert without_doubled(prefix, candidate, suffix) == left


def test_brackets_in_strings_and_comments_do_not_count():
    assert unclosed("f(\"(\", '[') { // (\n/* ( */ # [\n") == (0, "{")
    assert unclosed("a) b] {", standing="((") == (0, "{")
    assert unclosed("it's \"unended (", standing="(") == (1, "(")
    assert surplus("(a)) ] [") == 2
    assert closing("([{") == "}])"
