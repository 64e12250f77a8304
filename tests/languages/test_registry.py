"""The registry is consistent, and names lead to the right language."""

import subprocess
import sys
from collections import Counter

import pytest

from codekiln.languages import KINDS, language_of, languages, parse
from codekiln.languages.registry import ambiguities


def test_no_name_belongs_to_two_languages():
    every = languages().values()
    for names in (
        [ending for language in every for ending in language.extensions],
        [name for language in every for name in language.filenames],
        [program for language in every for program in language.interpreters],
    ):
        assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_language_can_be_found_and_is_of_a_kind():
    assert len(languages()) >= 45
    for language in languages().values():
        assert language.kind in KINDS
        assert all(end.startswith(".") and end == end.lower() for end in language.extensions)
        named = [f"a/x{end}" for end in language.extensions]
        named += [f"a/{name}" for name in language.filenames]
        assert {language_of(path) for path in named} <= {language}
        shared = [
            end for end, ambiguity in ambiguities().items() if language in ambiguity.candidates
        ]
        assert named or shared or language.interpreters, language.name


def test_an_ambiguous_ending_belongs_to_several_languages_and_to_none_alone():
    owned = {ending for language in languages().values() for ending in language.extensions}
    assert len(ambiguities()) >= 10
    for ending, ambiguity in ambiguities().items():
        assert ending not in owned
        assert len(ambiguity.candidates) > 1 or ambiguity.otherwise is None


def test_every_grammar_can_be_loaded():
    named = [language for language in languages().values() if language.grammar]
    assert len(named) >= 20
    for language in named:
        assert parse(language, b"") is not None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "python"),
        ("deep/er/A.PY", "python"),
        ("x.d.ts", "typescript"),
        ("x.test.tsx", "tsx"),
        ("a\\b\\c.rs", "rust"),
        ("src/CMakeLists.txt", "cmake"),
        ("Dockerfile", "dockerfile"),
        (".bashrc", "bash"),
        ("package.json", "json"),
        ("README.md", "markdown"),
    ],
)
def test_a_name_tells_the_language(path, name):
    language = language_of(path)
    assert language is not None
    assert language.name == name


@pytest.mark.parametrize("path", ["notes.txt", "py", ".py", "Makefile.bak", "photo.png", ""])
def test_other_names_tell_none(path):
    assert language_of(path) is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("#!/bin/sh", "bash"),
        ("#! /usr/bin/env python3", "python"),
        ("#!/usr/bin/env -S LANG=C node --harmony\r", "javascript"),
        ("#!/usr/local/bin/lua5.4", "lua"),
    ],
)
def test_a_shebang_tells_the_language_where_the_name_does_not(line, name):
    language = language_of("bin/run", line)
    assert language is not None
    assert language.name == name
    assert language_of("run.java", line) is languages()["java"]


@pytest.mark.parametrize("line", ["", "#!", "#!/usr/bin/env", "# !/bin/sh", "#!/bin/false"])
def test_a_line_that_is_no_known_shebang_tells_none(line):
    assert language_of("bin/run", line) is None


def test_corpus_and_languages_need_no_torch():
    program = "import sys, codekiln.corpus; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
