"""A region that compiles is a file that compiles: held against the compiler on the whole file."""

import inspect
import json
import random
import textwrap

import pytest

from codekiln.generate.verify.python import PythonFile
from programs import PROGRAMS

# Python warns of strings that were cut, which is no error.
pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")

FILES = {
    "textwrap": inspect.getsource(textwrap),
    "json": inspect.getsource(json.decoder),
    "short": PROGRAMS["python"],
}


def compiles(text: str) -> bool:
    try:
        compile(text, "<text>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("name", FILES)
def test_a_text_fits_where_the_whole_file_compiles(name):
    """Texts from elsewhere in files that are whole: what fits always compiles, what compiles fits."""
    text, rng = FILES[name], random.Random(name)
    lines = text.splitlines(keepends=True)
    fitted = 0
    for _ in range(150):
        place = rng.randrange(len(text))
        prefix, suffix = text[:place], text[place:]
        start = rng.randrange(len(lines))
        other = "".join(lines[start : start + rng.randrange(1, 4)]).strip(rng.choice(["", " \n"]))
        for added in (other, other[: rng.randrange(len(other) + 1)], ""):
            whole = compiles(prefix + added + suffix)
            assert PythonFile(prefix, suffix).fits(added) == whole
            fitted += whole
    assert 100 < fitted < 430


def test_errors_in_other_statements_do_not_count_but_open_brackets_behind_do():
    before, after = "print 'two'\n\n\ndef f():\n    ", "\n\n\ndef g():\n    print 'two'\n"
    assert PythonFile(before, after).fits("return 1")
    assert not PythonFile(before, after).fits("return )")
    assert not PythonFile(before, after + "f((\n").fits("return 1")


def test_a_statement_behind_the_cursor_may_belong_to_it():
    assert PythonFile("try:\n    f()\n", "\nexcept E:\n    pass\n").fits("")
    assert not PythonFile("try:\n    f()\n", "\nexcept E:\n    pass\n").fits("g()")
    assert PythonFile("@", "\ndef f(): pass\n").fits("x")
    assert not PythonFile("@", "\nf()\n").fits("x")
    assert not PythonFile("x = 1\n", "y = 2\n\n    z = 3\n").fits("")
