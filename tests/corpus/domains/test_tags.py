"""What files and repositories are said to be for."""

import json

import pytest

from codekiln.corpus.domains import DOMAINS, file_domains, repository_domains


@pytest.mark.parametrize(
    ("path", "text", "language", "expected"),
    [
        ("app/models.py", "from django.db import models\n", "python", {"database"}),
        ("app/urls.py", "from django.urls import path\n", "python", {"web"}),
        ("train.py", "import torch\nimport pandas as pd\n", "python", {"machine-learning", "data"}),
        ("tests/test_train.py", "import torch\n", "python", {"machine-learning", "testing"}),
        ("a/__main__.py", "import argparse\n", "python", {"command-line"}),
        ("util.py", "import os\nimport re\n", "python", set()),
        ("util.py", "", "python", set()),
        ("src/App.tsx", "import React from 'react'\n", "tsx", {"web"}),
        (
            "server.c",
            "#include <sys/socket.h>\n#include <pthread.h>\n",
            "c",
            {"network", "concurrency"},
        ),
        ("blink.cpp", "#include <Arduino.h>\n", "cpp", {"embedded"}),
        ("db/schema.sql", "create table t (x int);\n", "sql", {"database"}),
        ("Dockerfile", "FROM debian\n", "dockerfile", {"devops"}),
        ("game.py", "import pygame\n", "python", {"game"}),
        ("MainActivity.kt", "import android.os.Bundle\n", "kotlin", {"mobile"}),
        ("Player.cs", "using UnityEngine;\n", "csharp", {"game"}),
        ("main.go", 'package main\n\nimport "github.com/spf13/cobra"\n', "go", {"command-line"}),
        ("lib.rs", "use syn::parse_macro_input;\n", "rust", {"language-tools"}),
        ("readme.md", "import torch\n", "markdown", set()),
    ],
)
def test_a_file_is_for_what_its_path_language_and_imports_say(path, text, language, expected):
    assert file_domains(path, text, language) == expected


def npm(**fields):
    return ("package.json", json.dumps(fields))


def test_a_package_is_first_of_all_what_its_name_says():
    needs = {"commander": "1", "mongodb": "1"}
    assert repository_domains([npm(name="express", dependencies=needs)]) == {"web"}
    assert repository_domains([npm(name="mine", dependencies=needs)]) == {
        "command-line",
        "database",
    }


def test_the_domains_that_most_speak_for_are_kept():
    needs = {
        "mongodb": "1",
        "redis": "1",
        "knex": "1",
        "pg": "1",
        "react": "1",
        "vue": "1",
        "ws": "1",
    }
    assert repository_domains([npm(dependencies=needs)]) == {"database", "web"}


def test_one_thing_named_often_votes_once():
    needs = {"@angular/core": "1", "@angular/forms": "1", "@angular/router": "1", "ws": "1"}
    files = [npm(dependencies=needs), ("sub/package.json", npm(dependencies=needs)[1])]
    assert repository_domains(files) == {"web", "network"}
    topics = (
        "Classifier: Topic :: Database :: A\nClassifier: Topic :: Database :: B\nKeywords: cli\n"
    )
    assert repository_domains([("x/METADATA", topics)]) == {"database", "command-line"}


def test_manifests_of_all_kinds_speak_together():
    files = [
        ("pyproject.toml", '[project]\nname = "mine"\ndependencies = ["torch"]\n'),
        ("rust/Cargo.toml", '[dependencies]\nburn = "1"\n'),
        ("web/package.json", '{"dependencies": {"react": "1"}}'),
        ("rust/src/lib.rs", "use clap::Parser;\n"),
        ("tests/package.json", '{"name": "phaser"}'),
    ]
    assert repository_domains(files) == {"machine-learning", "web"}


def test_a_repository_that_names_nothing_has_no_domain():
    assert repository_domains([]) == frozenset()
    assert repository_domains([("main.py", "import torch\n"), npm(name="mine")]) == frozenset()
    assert repository_domains([("package.json", "{")]) == frozenset()


def test_all_that_is_found_is_a_domain():
    found = file_domains("tests/cli/x.py", "import torch, flask, sqlite3, socket, ast\n", "python")
    assert len(found) > 5
    assert found <= set(DOMAINS)
