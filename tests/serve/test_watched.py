"""With a real folder, which changes and goes while it is watched."""

import shutil
import threading
import time

import pytest

from codekiln.errors import BusyError, SourceError
from codekiln.index import folder as folder_module
from codekiln.serve.watched import WatchedFolder
from fakes import tiny_tokenizer

SOON = 20  # seconds, in which it must have noticed


def until(holds):
    """Wait for it."""
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it did not notice"
        time.sleep(0.02)


def paths(watched):
    shards = watched.index.shards if watched.index else ()
    return sorted(shard.origins[number].path for shard in shards for number in shard.documents())


@pytest.fixture(name="folder")
def _folder(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "one.py").write_text("def one():\n    return 1\n")
    return folder


@pytest.fixture(name="watched")
def _watched(folder, tmp_path):
    with WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work") as watched:
        assert watched.wait(SOON)
        yield watched


def test_it_is_built_in_the_background(folder, tmp_path):
    watched = WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work")
    try:
        assert watched.index is None
        assert not watched.wait(0)
        assert watched.live.match([1, 2]).length == 0  # it may be asked already
        watched.start()
        assert watched.wait(SOON)
        assert paths(watched) == ["one.py"]
    finally:
        watched.close()


def test_closing_gives_up_the_first_build_and_the_next_goes_on_from_there(
    folder, tmp_path, monkeypatch
):
    for number in range(20):
        (folder / f"part{number:02}.py").write_text(f"def part():\n    return {number}\n")
    watched = WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work")
    read, reading, content = [], threading.Event(), folder_module._content

    def slow(file):
        read.append(file.path)
        if len(read) == 3:
            reading.set()
            assert watched._stop.wait(SOON)
        return content(file)

    monkeypatch.setattr(folder_module, "_content", slow)
    watched.start()
    assert reading.wait(SOON)
    watched.close()
    begun = ["one.py", "part00.py", "part01.py"]
    assert read == begun
    with WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work") as again:
        assert again.wait(SOON)
        assert paths(again) == [*begun, *(f"part{number:02}.py" for number in range(2, 20))]
        assert sorted(read) == paths(again)  # none of them twice


def test_files_come_change_and_go(folder, watched):
    (folder / "two.py").write_text("def two():\n    return 2\n")
    until(lambda: paths(watched) == ["one.py", "two.py"])
    (folder / "one.py").write_text("def other():\n    return 11\n")
    other = tiny_tokenizer().encode("def other")
    until(lambda: watched.index.match(other).length == len(other))
    (folder / "one.py").unlink()
    until(lambda: paths(watched) == ["two.py"])
    assert watched.trouble == ""


def test_many_folders_that_change_together_are_looked_at_once(folder, watched, monkeypatch):
    looks = []
    look = watched.live.refresh
    monkeypatch.setattr(watched.live, "refresh", lambda go_on: looks.append(1) or look(go_on))
    for number in range(20):
        (folder / f"part{number}").mkdir()
        (folder / f"part{number}" / "code.py").write_text(f"def part():\n    return {number}\n")
    until(lambda: len(paths(watched)) == 21)
    assert len(looks) < 10  # the system may tell of them in several pieces


def test_a_folder_that_goes_is_told_and_the_index_lives_on(folder, watched):
    shutil.rmtree(folder)
    until(lambda: watched.trouble)
    assert str(folder) in watched.trouble
    assert watched.index is not None
    assert watched.index.match([1, 2]) is not None


def test_a_folder_that_comes_back_is_watched_again(folder, watched):
    shutil.rmtree(folder)
    until(lambda: watched.trouble)
    folder.mkdir()
    (folder / "three.py").write_text("def three():\n    return 3\n")
    until(lambda: paths(watched) == ["three.py"])
    until(lambda: watched.trouble == "")


def test_another_folder_of_the_same_name_is_taken_up(folder, watched):
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    (folder / "new.py").write_text("def new():\n    return 4\n")
    until(lambda: paths(watched) == ["new.py"])
    (folder / "newer.py").write_text("def newer():\n    return 5\n")
    until(lambda: paths(watched) == ["new.py", "newer.py"])


def test_what_is_no_folder_is_refused(folder, tmp_path):
    with pytest.raises(SourceError):
        WatchedFolder(tmp_path / "nowhere", tiny_tokenizer(), tmp_path / "work")
    WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work").close()


def test_two_may_not_have_one_index(folder, watched, tmp_path):
    with pytest.raises(BusyError):
        WatchedFolder(folder, tiny_tokenizer(), tmp_path / "work")
    with WatchedFolder(folder, tiny_tokenizer(), tmp_path / "other") as beside:
        assert beside.wait(SOON)


def test_what_nobody_foresaw_does_not_end_the_watch(folder, watched, monkeypatch):
    (folder / "first.py").write_text("def first():\n    return 0\n")
    until(
        lambda: "first.py" in paths(watched)
    )  # so each file that comes now is a change of its own
    update = watched.live.update

    def fail(path):
        if "bad" in str(path):
            raise ValueError("odd")
        update(path)

    monkeypatch.setattr(watched.live, "update", fail)
    (folder / "bad.py").write_text("x = 1\n")
    until(lambda: "could not be indexed" in watched.trouble)
    (folder / "good.py").write_text("def good():\n    return 2\n")
    until(lambda: "good.py" in paths(watched))
