import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codekiln.generate.verify import verify
from codekiln.generate.verify.grammar import GrammarFile
from codekiln.generate.verify.trees import Trees
from codekiln.languages import languages, parse
from programs import PROGRAMS

# Python warns of strings that were cut, which is no error.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")


def checked(language, prefix, candidate, suffix, **options):
    known = languages()[language] if language else None
    return verify(prefix, candidate, suffix, known, **options)


def parses(language: str, text: str) -> bool:
    """Python's own compiler, else a tree that was made afresh."""
    if language == "python":
        try:
            compile(text, "<text>", "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return True
    tree = parse(languages()[language], f"{text}\n".encode())
    return tree is not None and not tree.root_node.has_error


def is_whole(language: str, prefix: str, suffix: str) -> bool:
    """Whether a file parses without what its grammar takes and the language does not."""
    if not parses(language, prefix + suffix):
        return False
    return language == "python" or GrammarFile(languages()[language], prefix, suffix, Trees()).fits(
        ""
    )


def shown(found, prefix, suffix) -> str:
    line, feed, later = suffix.partition("\n")
    return prefix + found.text + line + found.lacking + feed + later


# What parses is shown whole, what does not is cut, and what is open already may stay open.
CASES = [
    # language, prefix, candidate, suffix: text, state, reason, lacking
    ("python", "x = ", "f(a)\n", "\ny = 1\n", "f(a)\n", "verified", "whole", ""),
    ("python", "x = ", "f(a, g(b", "\ny = 1\n", "f", "verified", "cut", ""),
    ("python", "x = ", "a +", "\n", "a", "verified", "cut", ""),
    ("python", "", "import os\nimport", "\n", "import os", "verified", "cut", ""),
    ("python", "f(a, ", "b)", "\ny = 1\n", "b)", "verified", "whole", ""),
    ("python", "f(a, ", "b", "\ny = 1\n", "b", "verified", "whole", ")"),
    ("python", "f(a, ", "g(b", "\ny = 1\n", "g", "verified", "cut", ")"),
    ("python", "f(", "a, b)", ")\n", "a, b", "verified", "cut", ""),
    ("python", "if f(", "a):", "):\n    pass\n", "a", "verified", "cut", ""),
    ("python", "for ", "x in y:", "\nz = 1\n", "x in y:", "verified", "whole", " pass"),
    ("python", "for ", "x in y", "\nz = 1\n", "x in y", "verified", "whole", ": pass"),
    ("python", "for ", "x in y:", "\n    z = 1\n", "x in y:", "verified", "whole", ""),
    ("python", "def f():\n    ", "if x:", "\n\ny = 1\n", "if x:", "verified", "whole", " pass"),
    ("python", "x = 1\n", "if x:", "\n", "if x:", "unverified", "unfinished", " pass"),
    ("python", "x = 1\n", "x = = 2", "\n", "x", "verified", "cut", ""),
    ("python", "x = 1\n", ") = 2", "\n", "", "nothing", "error", ""),
    ("python", "def f():\n    ", "return 1", "\n", "return 1", "verified", "whole", ""),
    ("python", "x = 1\n", "return 1", "\n", "", "nothing", "error", ""),
    ("python", "print 'a'\nx = ", "1", "\n", "1", "verified", "whole", ""),
    ("python", "if x:\n    print 'a'\n    y = ", "1", "\n", "1", "unverified", "broken file", ""),
    ("javascript", "x = ", "f(a);", "\ny();\n", "f(a);", "verified", "whole", ""),
    ("javascript", "x = ", "f(a, g(", "\ny();\n", "f", "verified", "cut", ""),
    ("javascript", "f(a, ", "b", "\ny();\n", "b", "verified", "whole", ")"),
    ("javascript", "if (", "x) {", "\n  y();\n", "x) {", "verified", "whole", "}"),
    ("javascript", "function ", "f() {", "\n", "f() {", "verified", "whole", "}"),
    ("javascript", "y();\n", "if (x) {", "\nz();\n", "if (x) {", "unverified", "unfinished", "}"),
    ("javascript", "y();\n", ") = 2", "\nz();\n", "", "nothing", "error", ""),
    ("java", "class A { void f() {\n g(", "b", "\n h(); } }", "b", "verified", "whole", ");"),
    ("java", "class A { int x = ", "1;", "; }", "1", "verified", "cut", ""),
    ("rust", "fn f() { let x = ", "1;\nlet y = ", "\n}", "1;", "verified", "cut", ""),
    ("c", "int f(void) { return ", "a + b;", " }", "a + b;", "verified", "whole", ""),
    # Broken right behind the cursor, by what is missing there perhaps; and far behind.
    (
        "go",
        "package a\n\n",
        "var x = 1",
        "\n(a int) {\n}\n",
        "var x = 1",
        "unverified",
        "broken file",
        "",
    ),
    (
        "go",
        "package a\n\n",
        "var x = 1",
        "\n\nvar y = 1\n\nf {\n}\n",
        "var x = 1",
        "verified",
        "whole",
        "",
    ),
    (None, "f(", "a)", ")\n", "a", "unverified", "no parser", ""),
    (None, "f(g(", "a)", ")\n", "a)", "unverified", "no parser", ""),
    ("perl", "$x = ", "1;", "\n", "1;", "unverified", "no parser", ""),
    ("python", "x = 1\n", "", "\n", "", "nothing", "empty", ""),
    ("python", "x = 1\n", " \n", "\n", "", "nothing", "empty", ""),
    ("python", "x = 1\n", "total = count", "\ntotal = count\n", "", "nothing", "repeated", ""),
]


@pytest.mark.parametrize(
    ("language", "prefix", "candidate", "suffix", "left"), [(*case[:4], case[4:]) for case in CASES]
)
def test_what_is_left_of_a_candidate(language, prefix, candidate, suffix, left):
    found = checked(language, prefix, candidate, suffix)
    assert (found.text, found.state, found.reason, found.lacking) == left


holes = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


def cut(text: str, hole) -> tuple[str, str, str]:
    start, end = (round(place * len(text)) for place in hole)
    return text[:start], text[start:end], text[end:]


@pytest.mark.parametrize("language", PROGRAMS)
@given(hole=holes)
@settings(max_examples=50, deadline=None)
def test_what_stood_there_is_shown_untouched(language, hole):
    prefix, middle, suffix = cut(PROGRAMS[language], hole)
    found = checked(language, prefix, middle, suffix)
    if middle.strip():
        assert (found.text, found.state, found.lacking) == (middle, "verified", "")
    else:
        assert found.state == "nothing"


def test_a_file_that_only_its_grammar_takes_may_lack_something():
    """`fmt.Pri` alone is no statement in Go, and what may follow it must not be held against an answer."""
    prefix, suffix = "package demo\n\nfunc f() {\n\tfmt.Pri", "\n}\n"
    assert parses("go", prefix + suffix)
    assert not is_whole("go", prefix, suffix)


@pytest.mark.parametrize("language", PROGRAMS)
@given(hole=holes, other=holes, rest=st.text("()[]{}:;,.'\"\n =x#/*", max_size=4))
@settings(max_examples=50, deadline=None)
def test_nothing_is_called_verified_that_does_not_parse(language, hole, other, rest):
    """Wrong candidates are what stands elsewhere in the program, with some marks behind."""
    prefix, _, suffix = cut(PROGRAMS[language], hole)
    candidate = cut(PROGRAMS[language], other)[1] + rest
    found = checked(language, prefix, candidate, suffix)
    assert candidate.startswith(found.text)
    if found.state == "verified":
        assert parses(language, shown(found, prefix, suffix))
        if is_whole(language, prefix, suffix):
            assert not found.lacking
    if found.reason == "whole":
        assert found.text == candidate


def test_a_longer_cut_would_not_parse():
    """Against every beginning of the candidate, for a file that is whole."""
    prefix, suffix = "def f(a):\n    b = a\n    ", "\n    return b\n"
    candidate = "b += [a, (1, 2)]\n    if a:\n        b.append(f(a)[0]\n    els"
    found = checked("python", prefix, candidate, suffix)
    good = [n for n in range(len(candidate)) if parses("python", prefix + candidate[:n] + suffix)]
    longest = candidate[: max(n for n in good if not candidate[n - 1 : n + 1].isalnum())]
    assert found.text == longest.rstrip()


def test_a_part_of_a_line_does_not_take_what_follows_for_its_own():
    found = checked("javascript", "a();\n", "if (x) while (y", "\nb();\n")
    assert found.state != "verified"  # not `if (x)` before `b();`
    assert checked("javascript", "a();\n", "c();\nif (x) while (y", "\nb();\n").text == "c();"


def test_errors_elsewhere_count_for_nothing_and_errors_of_the_cut_do():
    macro = "BEGIN(struct point int)\n\n"
    program = "int f(void)\n{\n    return 1;\n}\n"
    assert not parses("c", macro + program)
    prefix, suffix = macro + "int f(void)\n{\n    ", "\n}\n"
    assert checked("c", prefix, "return 1;", suffix).state == "verified"
    found = checked("c", prefix, "return ) 1;", suffix)
    assert found.text != "return ) 1;" or found.state != "verified"
    after = "\n}\n\n" + macro
    assert checked("c", "int f(void)\n{\n    ", "return 1;", after).state == "verified"


def test_a_bracket_too_many_is_no_error_from_before():
    """Without the cut, `}` closes the function, and the rest is an error far from the cursor."""
    prefix = "package a\n\nfunc f() {\n\tx()\n\t"
    suffix = "\n\t\treturn\n\t}\n\ty()\n}\n"
    assert checked("go", prefix, "if z {", suffix).state == "verified"
    assert checked("go", prefix, "z()", suffix).state != "verified"


def test_the_parses_are_counted():
    candidate = "x = (" * 30
    assert checked("python", "y = ", candidate, "\n", parses=5).reason == "limit"
    assert checked("python", "y = ", candidate, "\n", seconds=0).reason == "limit"
    assert checked("python", "y = ", candidate, "\n", parses=1000, seconds=60).reason == "cut"


@pytest.mark.parametrize("language", [None, "python", "javascript", "c", "html"])
@pytest.mark.parametrize(
    "text",
    [
        "\ud800",
        "\0",
        "\ufeffx = 1\n",
        "a = 1\r\nif a:\r\n\tb = 2\r\n",
        "\r",
        "print 'python two'\nexec 'x'\n",
        "{% for x in y %}{{ x }}{% endfor %}",
        "%matplotlib inline\n!ls\n",
        "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
        "(" * 3000,
        "'" * 2999,
        '"""' * 999,
        "{1:" * 40,
        "\\",
        "#",
        "/*",
        "`${" * 100,
        "if 1:\n" * 150,
    ],
    ids=range(18),
)
def test_no_text_brings_it_down(language, text):
    for parts in ((text, "x", ""), ("", text, ""), ("", "x", text), (text, text, text)):
        found = checked(language, *parts)
        assert found.state in ("verified", "unverified", "nothing")
        assert parts[1].startswith(found.text)


def test_very_much_text_is_not_parsed():
    huge = "x = 1\n" * 400_000
    for parts in ((huge, "y = 2", ""), ("", "y = 2", huge), ("", huge, "")):
        assert checked("python", *parts).reason == "no parser"
    assert checked("python", "x = 1\n" * 4, "y = 2", "").state == "verified"


def test_windows_line_ends():
    found = checked("python", "def f(a):\r\n    ", "return a\r\n\r\n", "\r\nx = f(1)\r\n")
    assert (found.state, found.reason) == ("verified", "whole")
    found = checked("javascript", "f(\r\n  ", "a,\r\n  b(", "\r\n);\r\n")
    assert (found.state, found.text) == ("verified", "a,\r\n  b")
