"""Whatever lies in a folder is listed, named and never followed, waited for or choked on."""

import os
import socket
from pathlib import Path

import pytest

from codekiln.corpus import rejected
from codekiln.corpus.sources import FolderSource, UnreadableError
from codekiln.corpus.sources import folder as folder_module
from codekiln.errors import CorpusError, SourceError


def reasons(artifact):
    return {row.path: row.reason for row in rejected(artifact)}


def test_a_missing_folder_a_file_and_an_empty_folder_are_refused(make, tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"no folder .* give the path"):
        make(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="is a file: give the folder"):
        make(folder / "one.py")
    with pytest.raises(SourceError, match="is empty: give one"):
        make(tmp_path / "empty")
    assert make(folder).statistics["kept"] == 2


def test_a_folder_without_code_says_why(make, tmp_path):
    (tmp_path / "pictures").mkdir()
    for number in range(3):
        (tmp_path / f"pictures/{number}.png").write_bytes(b"\x89PNG")
    with pytest.raises(CorpusError, match=r"Found 3 files .* unknown-language \(3\)"):
        make(tmp_path / "pictures")


def test_a_folder_of_empty_folders_says_so(make, tmp_path):
    (tmp_path / "hollow/inner").mkdir(parents=True)
    with pytest.raises(CorpusError, match="hold no files"):
        make(tmp_path / "hollow")


def test_a_huge_sparse_file_is_not_read(make, folder, monkeypatch):
    with (folder / "huge.py").open("wb") as file:
        file.truncate(2 << 30)
    read = FolderSource._read

    def watched(self: FolderSource, path: str, size: int) -> bytes:
        assert path != "huge.py"
        return read(self, path, size)

    monkeypatch.setattr(FolderSource, "_read", watched)
    artifact = make(folder)
    assert reasons(artifact) == {"huge.py": "too-large"}
    assert next(rejected(artifact)).bytes == 2 << 30


def test_links_are_never_followed(make, folder, tmp_path):
    (tmp_path / "outside.py").write_text("secret = 1\n")
    (folder / "out.py").symlink_to(tmp_path / "outside.py")
    (folder / "broken.py").symlink_to("gone.py")
    (folder / "self.py").symlink_to("self.py")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    expected = dict.fromkeys(("out.py", "broken.py", "self.py", "loop"), "link")
    assert reasons(make(folder)) == expected


def test_special_files_are_never_opened(make, folder, monkeypatch):
    os.mkfifo(folder / "pipe.py")
    monkeypatch.chdir(folder)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.py")
        artifact = make(folder)
    expected = dict.fromkeys(("pipe.py", "socket.py"), "not-a-regular-file")
    assert reasons(artifact) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_files_and_folders_closed_to_us_are_counted(make, folder):
    (folder / "shut").mkdir(mode=0)
    (folder / "closed.py").write_text("x = 1\n")
    (folder / "closed.py").chmod(0)
    assert reasons(make(folder)) == {"closed.py": "unreadable", "shut": "unreadable"}


def test_files_and_folders_closed_to_us_are_counted_also_for_root(make, folder, monkeypatch):
    (folder / "shut").mkdir()
    (folder / "closed.py").write_text("x = 1\n")
    really_open, really_scan = os.open, os.scandir

    def refuse(path, *rest, **more):  # the path of some caller may be a number, an open folder
        if str(path).endswith(("closed.py", "shut")):
            raise PermissionError(13, "Permission denied")
        return (really_open if rest else really_scan)(path, *rest, **more)

    monkeypatch.setattr(folder_module.os, "open", refuse)
    monkeypatch.setattr(folder_module.os, "scandir", refuse)
    artifact = make(folder)
    assert reasons(artifact) == {"closed.py": "unreadable", "shut": "unreadable"}
    assert "Permission denied" in {row.detail for row in rejected(artifact)}


def test_a_file_that_vanished_grew_or_became_a_pipe_is_unreadable(folder):
    source = FolderSource("x", folder)
    one, two = source.files()
    assert one.read() == b"def one():\n    return 1\n"
    (folder / "one.py").unlink()
    (folder / "two.py").write_text("longer than it was when it was listed\n")
    for file in (one, two):
        with pytest.raises(UnreadableError):
            file.read()
    os.mkfifo(folder / "one.py")
    with pytest.raises(UnreadableError):
        one.read()


def test_a_name_that_is_not_unicode_is_counted(make, folder):
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.py"))).write_text("x = 1\n")
    assert reasons(make(folder)) == {"caf\\xe9.py": "bad-name"}


def test_installed_code_is_counted_by_name_and_caches_are_no_part(make, folder):
    for path in (
        "node_modules/left/pad.js",
        "env/lib/thing.py",
        ".git/config",
        "__pycache__/one.pyc",
        "cache/thing.py",
        "docs/deep/conf.py",
        "gen_a.py",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("var x = 1;\n")
    (folder / "env/pyvenv.cfg").write_text("home = /usr\n")
    (folder / "cache/CACHEDIR.TAG").write_bytes(folder_module.CACHE_SIGNATURE)
    artifact = make(folder, exclude=("docs/", "gen_*.py"))
    out = ("node_modules/left/pad.js", "env/lib/thing.py", "env/pyvenv.cfg")
    assert reasons(artifact) == dict.fromkeys((*out, "docs/deep/conf.py", "gen_a.py"), "excluded")


def test_a_package_that_is_called_venv_or_cache_is_code(make, folder):
    for name in ("venv", "cache"):
        (folder / name).mkdir()
        (folder / name / "core.py").write_text(f"{name} = 1\n")
    (folder / "cache/CACHEDIR.TAG").write_text("not the signature")
    assert reasons(make(folder)) == {"cache/CACHEDIR.TAG": "unknown-language"}


def test_the_state_changes_with_any_file_and_with_nothing_else(folder):
    def state():
        return FolderSource("x", folder).state()

    before = state()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__/one.pyc").write_bytes(b"x")
    assert state() == before
    os.utime(folder / "one.py", ns=(1, 1))
    touched = state()
    assert touched != before
    (folder / "three.py").write_text("")
    assert state() != touched


def test_one_file_is_found_as_the_listing_has_it(folder):
    for path in ("deep/er/three.py", "deeper/four.py", "node_modules/left/pad.js", "cache/five.py"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("x = 1\n")
    (folder / "cache/CACHEDIR.TAG").write_bytes(folder_module.CACHE_SIGNATURE)
    (folder / "link.py").symlink_to("one.py")
    listed = {file.path: file for file in FolderSource("x", folder).files()}
    assert len(listed) == 6
    source = FolderSource("x", folder)
    for path, file in listed.items():
        found = source.find(path)
        assert (found.path, found.size, found.defect) == (path, file.size, file.defect)
    assert source.find("one.py").read() == (folder / "one.py").read_bytes()
    for path in ("cache/five.py", "deep", "deep/er", "none.py", "deep/er/three.py/x", "", ".."):
        assert source.find(path) is None
