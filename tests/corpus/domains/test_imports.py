"""Imports by pattern, against examples written by hand and against Python's own parser."""

import ast
import textwrap
from pathlib import Path

import pytest

from codekiln.corpus.domains.imports import family_of

EXAMPLES = {
    "python": (
        "import os\nimport a.b, c as d\nfrom e.f import g\n    import h\n\tfrom i import (\n    j)\n"
        "from . import k\n# we import x from y\ntext = 'import z'\n",
        {"os", "a.b", "c", "e.f", "h", "i"},
        {"x", "y", "z", "g", "k"},
    ),
    "cython": ("cimport numpy as np\nfrom libc.math cimport sin\n", {"libc.math"}, {"sin"}),
    "javascript": (
        "import React, { useState } from 'react';\nimport \"./local.js\";\nimport 'side-effect';\n"
        "const fs = require('node:fs'), x = require( \"@scope/name/deep\" );\n"
        "const lazy = import('lazy');\nexport * from 'again';\nimport {\n  many\n} from 'lines'\n"
        "// imported from somewhere\n",
        {"react", "side-effect", "fs", "@scope/name/deep", "lazy", "again", "lines"},
        {"./local.js", "somewhere", "many", "useState"},
    ),
    "tsx": ("import type { A } from 'types-only'\n", {"types-only"}, {"A"}),
    "java": (
        "package a.b;\nimport java.util.List;\nimport static org.junit.Assert.*;\n// import no.thing;\n",
        {"java.util.List", "org.junit.Assert."},
        {"no.thing", "a.b"},
    ),
    "kotlin": ("import kotlinx.coroutines.launch as go\n", {"kotlinx.coroutines.launch"}, {"go"}),
    "csharp": (
        "using System.Net;\nglobal using Xunit;\nusing static System.Math;\nusing (var f = Open()) {}\n",
        {"System.Net", "Xunit", "System.Math"},
        {"var"},
    ),
    "fsharp": ("open System.Data\n", {"System.Data"}, {"open"}),
    "go": (
        'import "net/http"\nimport (\n\t"fmt"\n\tlog "github.com/x/y" // why\n\t_ "embed"\n)\n'
        'var list = []string{\n\t"not",\n}\n',
        {"net/http", "fmt", "github.com/x/y", "embed"},
        {"not", "log"},
    ),
    "rust": (
        "use tokio::net::{TcpStream};\npub(crate) use serde::Deserialize;\nextern crate libc;\n"
        "    use std::fmt;\n// use nothing::here;\n",
        {"tokio::net::", "serde::Deserialize", "libc", "std::fmt"},
        {"nothing::here", "TcpStream"},
    ),
    "c": (
        '#include <sys/socket.h>\n  #  include "mine.h"\n// #include <no.h>\n#define include\n',
        {"sys/socket.h", "mine.h"},
        {"no.h"},
    ),
    "objc": (
        "#import <UIKit/UIKit.h>\n@import AVFoundation;\n",
        {"UIKit/UIKit.h", "AVFoundation"},
        set(),
    ),
    "php": (
        "<?php\nuse Symfony\\Console;\nuse function Amp\\async;\nuse \\PDO;\n",
        {"Symfony\\Console", "Amp\\async", "PDO"},
        {"function"},
    ),
    "ruby": (
        "require 'rails'\nrequire_relative 'mine'\n  require(\"json\")\ngem 'puma', '~> 6'\n",
        {"rails", "json", "puma"},
        {"mine", "~> 6"},
    ),
    "swift": (
        "import UIKit\n@testable import App\nimport struct Foundation.Date\n",
        {"UIKit", "App", "Foundation.Date"},
        {"struct"},
    ),
    "dart": (
        "import 'package:flutter/material.dart';\nimport 'dart:io';\nimport 'mine.dart';\n",
        {"flutter/material.dart", "io"},
        {"mine.dart"},
    ),
}


@pytest.mark.parametrize("language", EXAMPLES)
def test_imports_are_found_and_what_only_looks_like_them_is_not(language):
    text, expected, others = EXAMPLES[language]
    family = family_of(language)
    assert family is not None
    for version in (text, text.replace("\n", "\r\n")):
        assert family.names(version) >= expected
        assert not family.names(version) & others


def test_a_language_whose_imports_nobody_wrote_down_has_none():
    assert family_of("markdown") is None
    assert family_of("java") == family_of("scala") != family_of("csharp")


def imported(text: str) -> set[str]:
    """The modules that a parser sees imported, one import a line."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def test_python_is_read_as_its_parser_reads_it():
    family = family_of("python")
    assert family is not None
    files = sorted(Path(textwrap.__file__).parent.glob("[a-t]*.py"))
    assert len(files) > 80
    total, missed, invented = 0, 0, 0
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        expected, found = imported(text), family.names(text)
        total += len(expected)
        missed += len(expected - found)
        invented += len(found - expected)
    assert total > 500
    assert missed <= 0.01 * total  # several statements on one line
    assert invented <= 0.15 * total  # names behind "as", and examples in documentation
