"""Names first; where a name leaves it open, the text decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codekiln.languages import candidates, detect, languages

C_HEADER = (
    "#ifndef LIST_H\n#define LIST_H\nstruct list { struct list *next; };\nvoid f(void);\n#endif\n"
)
CPP_HEADER = (
    "#pragma once\n#include <vector>\nnamespace a {\nclass List {\npublic:\n  int size();\n};\n}\n"
)
OBJC_HEADER = "#import <Foundation/Foundation.h>\n@interface List : NSObject\n@end\n"


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a/list.h", C_HEADER, "c"),
        ("a/list.h", CPP_HEADER, "cpp"),
        ("a/list.h", OBJC_HEADER, "objc"),
        ("a/list.h", "", "c"),
        ("a/f.m", "@implementation A\n- (int)f { return 1; }\n@end\n", "objc"),
        ("a/f.m", "% Adds one\nfunction y = f(x)\n  y = x + 1;\nend\n", "matlab"),
        ("a/f.pl", "use strict;\nmy $x = 1;\nprint $x;\n", "perl"),
        ("a/f.pl", ":- module(f, [f/1]).\nf(X) :- g(X), !.\n", "prolog"),
        ("a/f.ts", '<?xml version="1.0"?>\n<!DOCTYPE TS>\n<TS language="de"></TS>\n', "xml"),
        ("a/f.ts", "export const x: number = 1;\n", "typescript"),
        ("a/f.v", "module f(input a, output b);\n  assign b = a;\nendmodule\n", "verilog"),
        ("a/f.v", "Theorem t : forall n, n = n.\nProof. auto. Qed.\n", "coq"),
        ("a/f.sql", "SELECT name FROM people WHERE age > 3;\n", "sql"),
        ("bin/run", "#!/usr/bin/env -S python3.11 -u\nprint(1)\n", "python"),
        ("bin/run", "#!/bin/sh\necho\n", "bash"),
        ("bin/run", "<?php echo 1; ?>\n", "php"),
        ("bin/run", "<!DOCTYPE html>\n<html></html>\n", "html"),
        ("bin/run", "-- vim: set ft=lua :\nprint(1)\n", "lua"),
        ("bin/run", "# -*- mode: ruby -*-\nputs 1\n", "ruby"),
        ("Makefile", "all:\n\techo\n", "make"),
        ("名前/код.py", "x = 1\n", "python"),
        ("a/b.PY", "x = 1\n", "python"),
    ],
)
def test_the_language_is_found(path, text, name):
    language = detect(path, text)
    assert language is not None
    assert language.name == name


@pytest.mark.parametrize(
    ("path", "text"),
    [("notes", "Words of a person.\n"), ("notes", ""), ("a.xyz", "#!/bin/sh\n"), ("", "x = 1\n")],
)
def test_where_nothing_tells_there_is_none(path, text):
    found = detect(path, text)
    assert found is None or (path == "a.xyz" and found.name == "bash")


def test_windows_line_ends_change_nothing():
    for text, name in ((C_HEADER, "c"), (CPP_HEADER, "cpp"), (OBJC_HEADER, "objc")):
        found = detect("a.h", text.replace("\n", "\r\n"))
        assert found is languages()[name]


def test_candidates_are_what_a_name_leaves_open():
    assert [language.name for language in candidates("a.py")] == ["python"]
    assert {language.name for language in candidates("a.h")} == {"c", "cpp", "objc"}
    assert candidates("notes") == ()


@given(
    st.sampled_from(["a.h", "a.m", "a.pl", "a.ts", "a.v", "a.sql", "run", "a.t", "a.r"]), st.text()
)
def test_no_text_makes_it_fail_and_only_candidates_are_found(path, text):
    found, named = detect(path, text), candidates(path)
    assert found is None or not named or found in named or "." not in path


@pytest.mark.parametrize(
    "piece", ["#", "-*-", ": ", "vim:", "<", "@", " ", "class ", "\n", "template<"]
)
def test_long_repetition_ends(piece):
    for path in ("a.h", "a.m", "a.pl", "run"):
        detect(path, piece * 200_000)
