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


def test_a_fix_is_kept_with_its_message(make, repository):
    fixed = commit(
        repository,
        "Return the right number\n\nReviewed-by: A Person",
        one="def one():\n    return 1\n",
    )
    artifact = make(f"git:{repository}", commits=10)
    (change,) = changes(artifact)
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
    found = {change.path: change.split for change in changes(artifact)}
    assert found == {
        f"{name}/code.py": "held_out" if f"#project/{name}" in held_out[0] else "train"
        for name in ("one", "two")
    }


def move(root: Path, old: str, new: str) -> None:
    text = (root / old).read_text()
    porcelain.remove(root, [str(root / old)])
    (root / new).write_text(text)
    porcelain.add(root, [str(root / new)])
    commit(root, "move")


def test_what_was_renamed_is_of_no_split_where_both_share_the_repository(make, repository):
    (repository / "one" / "stays.py").write_text("def stays():\n    return 3\n")
    porcelain.add(repository, [str(repository / "one" / "stays.py")])
    others = {f"other{n}": f"def other{n}():\n    return {n}\n" for n in range(9)}
    commit(repository, "begin", **others)
    commit(repository, "more", one="def one():\n    return 11\n")
    commit(repository, "other", two="def two():\n    return 22\n")
    move(repository, "one/code.py", "two/moved.py")
    artifact = make(f"git:{repository}", commits=9)
    groups = json.loads(artifact.file("split.json").read_text())["groups"]
    assert f"own:git:{repository}#project/one" in groups, "whatever lay there is of that group"
    found = list(changes(artifact))
    assert {change.message: bool(change.split) for change in found} == {
        "more": False,
        "other": True,
    }


def test_a_repository_of_one_split_has_what_was_renamed_there(make, repository, folder):
    functions = [f"def number_{n}(value):\n    return value + {n}\n" for n in range(60)]
    (folder / "one.py").write_text("".join(functions))
    commit(repository, "more", one="def one():\n    return 11\n")
    move(repository, "one/code.py", "two/moved.py")
    commit(repository, "other", two="def two():\n    return 22\n")
    found = list(changes(make(f"git:{repository}", folder, commits=9)))
    assert [change.message for change in found] == ["other", "more"]
    assert found[0].split == found[1].split is not None


def test_both_sides_pass_the_rules(make, repository):
    commit(repository, "secret", one=f"token = '{SECRET}'\n")
    commit(repository, "minified", one="x=1;" * 1000)
    commit(repository, "mended", one="def one():\n    return 3\n")
    artifact = make(f"git:{repository}", commits=10)
    (change,) = changes(artifact)
    assert SECRET not in change.after
    assert change.message == "secret"


def test_only_as_many_commits_as_asked_for_are_read(make, repository):
    for number in range(4):
        commit(repository, f"change {number}", one=f"def one():\n    return {number + 5}\n")
    assert list(changes(make(f"git:{repository}"))) == []
    artifact = make(f"git:{repository}", commits=2)
    assert [change.message for change in changes(artifact)] == ["change 3", "change 2"]


def test_code_of_no_licence_gives_no_changes(make, repository, folder):
    commit(repository, "fix", one="def one():\n    return 1\n")
    for path in folder.glob("*.py"):
        path.write_text("# SPDX-License-Identifier: MIT\n" + path.read_text())
    assert list(changes(make(f"git:{repository}", folder, own=False, commits=10))) == []
