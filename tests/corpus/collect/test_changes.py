"""Commits become pairs of before and after, cleaned by the same rules as documents."""

import json
from pathlib import Path

import pytest
from dulwich import porcelain

from codekiln.corpus import changes

WHO = b"A Person <person@example.org>"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9" * 2


def commit(root: Path, message: str, **contents: str) -> str:
    for name, content in contents.items():
        path = root / name / "code.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        porcelain.add(root, [str(path)])
    return porcelain.commit(root, message=message.encode(), author=WHO, committer=WHO).decode()


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    porcelain.init(root).close()
    commit(root, "begin", one="def one():\n    return 0\n", two="def two():\n    return 2\n")
    return root


def both(artifact):
    return [*changes(artifact, "train"), *changes(artifact, "held_out")]


def test_a_fix_is_kept_with_its_message(make, repository):
    fixed = commit(
        repository,
        "Return the right number\n\nReviewed-by: A Person",
        one="def one():\n    return 1\n",
    )
    artifact = make(f"git:{repository}", commits=10)
    (change,) = both(artifact)
    assert change.commit == fixed
    assert (change.before, change.after) == (
        "def one():\n    return 0\n",
        "def one():\n    return 1\n",
    )
    assert change.message == "Return the right number"
    assert (change.path, change.language, change.licence_from) == ("one/code.py", "python", "own")
    assert (change.source, change.repository) == (f"own:git:{repository}", "project")


def test_a_change_is_in_the_split_of_its_file(make, repository):
    commit(repository, "both", one="def one():\n    return 11\n", two="def two():\n    return 22\n")
    artifact = make(f"git:{repository}", commits=10)
    held_out = json.loads(artifact.file("split.json").read_text())["held_out"]
    (held,), (train,) = changes(artifact, "held_out"), changes(artifact, "train")
    assert held.path.split("/")[0] in held_out[0]
    assert {held.path, train.path} == {"one/code.py", "two/code.py"}


def test_both_sides_pass_the_rules(make, repository):
    commit(repository, "secret", one=f"token = '{SECRET}'\n")
    commit(repository, "minified", one="x=1;" * 1000)
    commit(repository, "mended", one="def one():\n    return 3\n")
    artifact = make(f"git:{repository}", commits=10)
    (change,) = both(artifact)
    assert SECRET not in change.after
    assert change.message == "secret"


def test_only_as_many_commits_as_asked_for_are_read(make, repository):
    for number in range(4):
        commit(repository, f"change {number}", one=f"def one():\n    return {number + 5}\n")
    assert both(make(f"git:{repository}")) == []
    artifact = make(f"git:{repository}", commits=2)
    assert [change.message for change in both(artifact)] == ["change 3", "change 2"]


def test_code_of_no_licence_gives_no_changes(make, repository, folder):
    commit(repository, "fix", one="def one():\n    return 1\n")
    for path in folder.glob("*.py"):
        path.write_text("# SPDX-License-Identifier: MIT\n" + path.read_text())
    assert both(make(f"git:{repository}", folder, own=False, commits=10)) == []
