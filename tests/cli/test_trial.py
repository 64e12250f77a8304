"""Which lines 'codekiln try' shows of all that it had."""

from types import SimpleNamespace

from codekiln.apps.trial import Exact
from codekiln.cli.trial import EXAMPLES, _known
from codekiln.index import Origin, Place


def exact(path: str, text: str, *by: str) -> Exact:
    return Exact(path, 1, "", text, by, Place(Origin("mine", "known.py"), 1))


def shown(*lines: Exact) -> list[tuple[str, str]]:
    return [(one.path, one.text) for one in _known(SimpleNamespace(exact=lines))[:EXAMPLES]]


def test_examples_are_of_a_file_each_where_there_are_enough_files():
    lines = [exact("a.py", "x" * n, "index") for n in (9, 8, 7)]
    assert [path for path, _ in shown(*lines)] == ["a.py"] * 3
    lines += [exact("b.py", "y", "index"), exact("c.py", "z" * 20, "index", "model")]
    assert shown(*lines) == [("a.py", "x" * 9), ("b.py", "y"), ("c.py", "z" * 20)]


def test_no_example_is_of_the_model_alone_and_each_text_comes_once():
    twice = [exact("a.py", "x", "index"), exact("b.py", "x", "index")]
    assert len(shown(*twice, exact("c.py", "y", "model"))) == 1
