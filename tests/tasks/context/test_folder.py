"""The working folder: what may be read, what not, and what is remembered."""

import os

import pytest

from codekiln.tasks.context import WorkingFolder
from codekiln.tasks.context.definitions import definitions
from codekiln.tasks.context.folder import LARGEST, REMEMBERED, RefusedError, refusal

CODE = "def f(): pass\n"


def reason(folder, path):
    with pytest.raises(RefusedError) as refused:
        folder.file(path)
    return str(refused.value)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pkg/a.py").write_text(CODE)
    (tmp_path / "outside.py").write_text(CODE)
    return folder


def test_a_file_is_read_with_what_it_defines(root):
    file = WorkingFolder(root).file("pkg/a.py")
    assert (file.path, file.language.name, list(file.definitions)) == ("pkg/a.py", "python", ["f"])


@pytest.mark.parametrize(
    "path",
    [".env", "pkg/.env.local", "prod.env", "credentials.py", "client_secrets.json", "id_rsa",
     "server.pem", ".ssh/config", "node_modules/x/index.js", "api_key.ts", "pkg/.hidden/a.py"],
)  # fmt: skip
def test_names_that_stay_out(path):
    assert refusal(path)


@pytest.mark.parametrize(
    "path",
    ["env.py", "pkg/secrets/rules.py", "tokens.py", "monkey.py", "keys.py", "a/../b.py", "x.envy"],
)
def test_names_that_may_be_in(path):
    assert refusal(path) == ""


def test_links(root, tmp_path):
    folder = WorkingFolder(root)
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    (root / "in.py").symlink_to(root / "pkg/a.py")
    (root / "up").symlink_to(tmp_path)
    (root / ".env.py").write_text(CODE)
    (root / "named.py").symlink_to(root / ".env.py")
    (root / "circle.py").symlink_to(root / "circle.py")
    assert reason(folder, "out.py") == reason(folder, "up/outside.py") == "outside the folder"
    assert reason(folder, "../outside.py") == "outside the folder"
    assert reason(folder, "named.py") == "hidden"
    assert "unreadable" in reason(folder, "circle.py")
    assert folder.file("in.py").definitions.keys() == {"f"}
    assert not folder.is_file("../outside.py")
    assert not folder.is_file("no\0thing.py")


def test_what_is_no_text_of_code(root):
    folder = WorkingFolder(root)
    (root / "binary.py").write_bytes(b"x = 1\0")
    (root / "latin.py").write_bytes(b"# caf\xe9\n")
    (root / "large.py").write_text("#" * (LARGEST + 1))
    (root / "noname").write_text("words")
    os.mkfifo(root / "pipe.py")
    assert reason(folder, "binary.py") == "binary"
    assert reason(folder, "latin.py") == "not UTF-8"
    assert reason(folder, "large.py") == f"more than {LARGEST:,} bytes"
    assert "no language" in reason(folder, "noname")
    assert reason(folder, "pipe.py") == "no regular file"
    assert "unreadable" in reason(folder, "missing.py")
    assert reason(folder, "pkg")
    (root / "marked.py").write_bytes(b"\xef\xbb\xbfdef f(): pass\n")
    assert list(folder.file("marked.py").definitions) == ["f"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(root):
    (root / "pkg/a.py").chmod(0)
    assert "unreadable" in reason(WorkingFolder(root), "pkg/a.py")


def test_what_git_ignores_stays_out_also_from_above_the_folder(root):
    (root / ".git").mkdir()
    (root / ".gitignore").write_text("build/\nlocal_*.py\n")
    (root / "build").mkdir()
    for path in ("build/a.py", "local_a.py", "pkg/local_b.py", "global_a.py"):
        (root / path).write_text(CODE)
    folder = WorkingFolder(root)
    for path in ("build/a.py", "local_a.py", "pkg/local_b.py"):
        assert reason(folder, path) == "ignored by git"
    assert folder.file("global_a.py")
    assert reason(WorkingFolder(root / "pkg"), "local_b.py") == "ignored by git"
    assert WorkingFolder(root / "pkg").file("a.py")


def test_a_file_is_parsed_again_only_when_it_has_changed(root, monkeypatch):
    parsed = []
    monkeypatch.setattr(
        "codekiln.tasks.context.folder.definitions",
        lambda *arguments: parsed.append(1) or definitions(*arguments),
    )
    folder = WorkingFolder(root)
    for _ in range(3):
        folder.file("pkg/a.py")
    assert len(parsed) == 1
    (root / "pkg/a.py").write_text("def g(): pass\n\n")
    assert list(folder.file("pkg/a.py").definitions) == ["g"]
    assert len(parsed) == 2
    for number in range(REMEMBERED):
        (root / f"n{number}.py").write_text("")
        folder.file(f"n{number}.py")
    folder.file("pkg/a.py")
    assert len(parsed) == REMEMBERED + 3


def test_a_folder_that_is_not_there(tmp_path):
    folder = WorkingFolder(tmp_path / "nowhere")
    assert not folder.is_file("a.py")
    assert "unreadable" in reason(folder, "a.py")
