"""Files of strangers: read as Python's own parsers read them, and in one pass where those are not."""

import configparser
import time
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.corpus.foreign import ini, toml

SETUP = """\
; of a tool that is old
name = before any section
[metadata]
Name = mine
description: one = two
classifiers =
    Topic :: Database

    # those that we dropped
    Topic :: Security
[options]
  indented = yes
  # a remark
  install_requires =
      flask; python_version > '3'
      numpy
[metadata]
license=MIT
[empty]
"""


def test_sections_values_of_many_lines_and_remarks():
    assert ini(SETUP.replace("\n", "\r\n")) == ini(SETUP)
    assert ini(SETUP) == {
        "metadata": {
            "name": "mine",
            "description": "one = two",
            "classifiers": "Topic :: Database\nTopic :: Security",
            "license": "MIT",
        },
        "options": {
            "indented": "yes",
            "install_requires": "flask; python_version > '3'\nnumpy",
        },
        "empty": {},
    }


WORDS = st.text("abc.- [#;]", max_size=6)
LINES = st.one_of(
    st.sampled_from(["[a]", "[b]", "[a]]", "", " ", "# c", "  ; c = d"]),
    st.builds("{}{} {} {}".format, st.sampled_from(["", " ", "   "]), WORDS, st.sampled_from("=:"), WORDS),
    st.builds("{}{}".format, st.sampled_from(["", "  ", "\t\t\t\t"]), WORDS),
)  # fmt: skip


@given(st.lists(LINES, max_size=12).map(lambda lines: "\n".join(["[a]", *lines])))
def test_what_configparser_reads_is_read_alike(text):
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        assert isinstance(ini(text), dict)
        return
    assert ini(text) == {
        title: {name: without_blank_lines(value) for name, value in parser[title].items()}
        for title in parser.sections()
    }


def without_blank_lines(value):
    return "\n".join(line for line in value.split("\n") if line.strip())


@pytest.mark.parametrize(
    ("lead", "piece"),
    [("[a]\nb", " "), ("[a]\nb", "\r"), ("[a]\n", "b\n"), ("[a]\n", " b\n"), ("[a]\nb =", "\n c\n\n")],
)  # fmt: skip
def test_ini_of_a_megabyte_is_read_in_one_pass(lead, piece):
    begun = time.process_time()
    assert list(ini(lead + piece * (1_000_000 // len(piece)) + "x")) == ["a"]
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("text", ["a.b.c = 1", "a = [1.5, 2.5]\n", "[a.b]\nc = '" + "." * 90 + "'"])
def test_toml_is_read_as_python_reads_it(text):
    assert toml(text) == tomllib.loads(text)


@pytest.mark.parametrize("lead", ["", "[", "[[", "a = {"])
def test_a_key_of_too_many_parts_is_refused(lead):
    begun = time.process_time()
    with pytest.raises(ValueError, match="too many parts"):
        toml(lead + "a." * 500_000 + "a = 1")
    assert time.process_time() - begun < 10
