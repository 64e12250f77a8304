import gc
import threading
from dataclasses import replace
from weakref import ref

import pytest

from codekiln.generate import CompletionRequest
from codekiln.index import Index
from codekiln.index.origins import Origin
from codekiln.index.provenance import trace
from codekiln.serve import nameless
from codekiln.serve.nameless import Names
from fakes import tiny_tokenizer

SHAPES = "def area_of(width, height):\n    return width * height\n\n\ndef line(a):\n    return a\n"
COLOURS = "def shade_of(colour):\n    return colour.shade\n\n\ndef line(a):\n    return a\n"
PROSE = "It is, as it were, a long and (winding road.\nNobody: knows [where it leads.\n"


@pytest.fixture(name="index")
def _index():
    tokenizer = tiny_tokenizer()
    files = {"shapes.py": SHAPES, "colours.py": COLOURS, "notes.md": "Some notes.\n"}
    return Index.of(
        tokenizer,
        [tokenizer.encode(text) for text in files.values()],
        [Origin("repo", path) for path in files],
    )


@pytest.mark.parametrize(
    ("prefix", "suffix", "path"),
    [
        (SHAPES, "", "shapes.py"),
        ("def shade_of(colour):\n    ret", "\n\n\ndef line(a):\n    return a\n", "colours.py"),
        ("x = 1\n", "\ndef area_of(width, height):\n    return width * height\n", "shapes.py"),
        ("def line(a):\n    ", "\n", ""),  # it stands in two
        ("def other(b):\n    return b\n", "\n", ""),
        ("x = 1\ny = 2\nz = 3\nv = 4\nw = 5\ndef shade_of(colour):\n", "", ""),  # a small part
        ("", "", ""),
    ],
)
def test_which_file_has_the_lines(index, prefix, suffix, path):
    found = Names().named(CompletionRequest(prefix, suffix), index)
    assert found.path == path
    if path:
        assert found.language == "python"


def test_a_name_that_is_told_stays(index):
    found = Names().named(CompletionRequest(SHAPES, path="mine.rs"), index)
    assert (found.path, found.language) == ("mine.rs", "rust")


@pytest.mark.parametrize(
    ("text", "beside", "language"),
    [
        ("x = 1\n", ["a.py", "b.py", "c.js"], "python"),
        ("#!/bin/sh\nx=1\n", ["a.py"], "bash"),  # it says so itself
        ("const x = () => { return 1 };\n", ["a.py", "b.py", "c.js"], "javascript"),
        (PROSE, ["a.py", "b.py"], ""),
        ("\n", ["a.py"], ""),
        ("y = 2\nx = (1,", ["a.py"], "python"),  # half a line
        ("x = 1\n", ["a.unknown"], ""),
        ("x = 1\n", [], ""),
    ],
)
def test_the_language_of_the_pieces_beside_it(text, beside, language):
    assert Names().named(CompletionRequest(text), None, beside).language == language


def test_the_language_of_the_folder(index):
    assert Names().named(CompletionRequest("value = 1\nother = 2\n"), index).language == "python"
    assert Names().named(CompletionRequest(PROSE), index).language != "python"


def test_the_next_key_on_a_line_is_not_looked_for_again(index, monkeypatch):
    looked = []
    monkeypatch.setattr(
        nameless, "trace", lambda *all, **more: looked.append(1) or trace(*all, **more)
    )
    names = Names()
    for typed in ("", "r", "re", "ret"):
        found = names.named(CompletionRequest(SHAPES + typed, "\n\nelse\n"), index)
        assert (found.path, found.language) == ("shapes.py", "python")
    assert len(looked) == 2  # before the cursor and behind it


def test_what_was_not_found_is_looked_for_once_the_index_is_another(index):
    names, other = Names(), "def other(b):\n    return b\n\n\n"
    request = CompletionRequest(other)
    assert names.named(request, index).path == ""
    tokenizer = tiny_tokenizer()
    newer = Index.of(tokenizer, [tokenizer.encode(other)], [Origin("repo", "other.py")])
    assert names.named(request, newer).path == "other.py"


def test_empty_places_are_not_taken_for_each_other():
    names = Names()
    assert names.named(CompletionRequest("#!/bin/sh"), None).language == "bash"
    assert names.named(CompletionRequest("#!/usr/bin/python"), None).language == "python"


def test_a_language_that_is_told_stays(index):
    assert Names().named(CompletionRequest(SHAPES, language="ruby"), index).language == "ruby"


def test_an_index_that_was_replaced_is_let_go():
    tokenizer, names = tiny_tokenizer(), Names()
    index = Index.of(tokenizer, [tokenizer.encode(SHAPES)], [Origin("repo", "shapes.py")])
    gone = ref(index)
    assert names.named(CompletionRequest(SHAPES), index).path == "shapes.py"
    del index
    gc.collect()
    assert gone() is None


def test_nothing_is_looked_up_for_who_hung_up(index):
    names, gone = Names(), threading.Event()
    gone.set()
    request = CompletionRequest(SHAPES, cancelled=gone)
    found = names.named(request, index)
    assert (found.path, found.language) == ("", "")
    assert names.named(replace(request, cancelled=None), index).path == "shapes.py"
