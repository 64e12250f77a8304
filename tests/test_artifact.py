"""Artifacts: found or built, whole or refused, and what a full disk or a second process does."""

import errno
import hashlib
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from codekiln import artifact as artifact_module
from codekiln.artifact import (
    Artifact,
    Stage,
    discard,
    fingerprint,
    is_artifact,
    open_artifact,
    open_work,
    produce,
    read_sealed,
    write_atomically,
    write_sealed,
)
from codekiln.errors import ArtifactError, BusyError, DiskError, UsageError

# A process that holds the lock of the artifact it was told, until its stdin closes.
HOLDER = """
import sys
from pathlib import Path
from codekiln.artifact import Stage, produce

def build(config, inputs, out):
    (out / "data.bin").write_bytes(b"of the other")
    print("building", flush=True)
    sys.stdin.read()
    return {"by": "the other"}

produce(Stage("first", 1, build), {"a": 1}, {}, Path(sys.argv[1]), "x")
"""


@dataclass(frozen=True)
class Config:
    size: int = 3
    names: tuple[str, ...] = ("a", "b")


class Builder:
    """A build that counts its runs, writes two files and can be told to fail between them."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.runs = 0
        self.found: list[list[str]] = []

    def __call__(self, config, inputs, out: Path):
        self.runs += 1
        self.found.append(sorted(path.name for path in out.iterdir()))
        if not (out / "one.bin").exists():
            write_atomically(out / "one.bin", b"1" * 1000)
        if self.failure is not None:
            raise self.failure
        (out / "deep").mkdir(exist_ok=True)
        write_atomically(out / "deep" / "two.bin", b"22")
        return {"runs": self.runs}


def made(work: Path, builder: Builder | None = None, **changes) -> Artifact:
    stage = Stage("first", changes.pop("version", 1), builder or Builder())
    arguments = {"config": {"a": 1}, "inputs": {}, "name": "x", **changes}
    return produce(stage, work=work, **arguments)


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_manifest_says_what_was_written_and_what_made_it(tmp_path):
    found = made(tmp_path, sources={"folder": "abc"})
    manifest = json.loads((found.path / "manifest.json").read_text())
    assert manifest["files"] == {
        "one.bin": {"bytes": 1000, "sha256": hashlib.sha256(b"1" * 1000).hexdigest()},
        "deep/two.bin": {"bytes": 2, "sha256": hashlib.sha256(b"22").hexdigest()},
    }
    assert found.path == tmp_path / "first" / f"x-{found.fingerprint[:8]}"
    assert (found.stage, found.statistics) == ("first", {"runs": 1})
    assert manifest["config"] == {"a": 1}
    assert manifest["sources"] == {"folder": "abc"}
    assert found.file("one.bin").read_bytes() == b"1" * 1000
    assert found.files("deep/") == [found.path / "deep/two.bin"]
    found.verify()
    with pytest.raises(ArtifactError, match=r"holds no three\.bin"):
        found.file("three.bin")


def test_its_folder_needs_no_quotes_whatever_it_is_called(tmp_path):
    made = produce(Stage("first", 1, lambda *_: {}), {}, {}, tmp_path, "own/my code ü")
    assert made.path.parent == tmp_path / "first"
    assert made.path.name == f"own-my-code-ü-{made.fingerprint[:8]}"
    assert made.manifest["name"] == "own/my code ü"


def test_what_is_finished_is_not_built_again(tmp_path):
    builder = Builder()
    first, second = made(tmp_path, builder), made(tmp_path, builder)
    assert builder.runs == 1
    assert first == second


def test_the_fingerprint_changes_with_everything_that_changes_the_files(tmp_path):
    one, two = made(tmp_path), made(tmp_path, config={"a": 2})
    stage = Stage("s", 1, Builder())
    variants = [
        fingerprint(stage, Config(), {}),
        fingerprint(replace(stage, version=2), Config(), {}),
        fingerprint(replace(stage, name="t"), Config(), {}),
        fingerprint(stage, Config(size=4), {}),
        fingerprint(stage, Config(names=("b", "a")), {}),
        fingerprint(stage, Config(), {"in": one}),
        fingerprint(stage, Config(), {"in": two}),
        fingerprint(stage, Config(), {"other": one}),
        fingerprint(stage, Config(), {}, {"folder": "1"}),
        fingerprint(stage, Config(), {}, {"folder": "2"}),
    ]
    assert len(set(variants)) == len(variants)


def test_the_fingerprint_does_not_change_otherwise(tmp_path):
    one, two = made(tmp_path), made(tmp_path / "elsewhere")
    assert one.path != two.path
    same = {
        fingerprint(Stage("s", 1, Builder()), Config(), {"in": one, "on": one}, {"a": "1"}),
        fingerprint(Stage("s", 1, Builder()), Config(), {"on": two, "in": two}, {"a": "1"}),
        fingerprint(
            Stage("s", 1, Builder()), Config(3, ("a", "b")), {"in": one, "on": two}, {"a": "1"}
        ),
    }
    assert len(same) == 1
    command = (
        "from codekiln.artifact import *; from pathlib import Path;"
        "print(fingerprint(Stage('s', 1, print), {'b': 1, 'a': [1, 2]}, {}, {'y': '1', 'x': '2'}))"
    )
    other = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    ).stdout.strip()
    mine = fingerprint(Stage("s", 1, print), {"a": (1, 2), "b": 1}, {}, {"x": "2", "y": "1"})
    assert mine == other


@pytest.mark.parametrize("failure", [RuntimeError("broke"), KeyboardInterrupt()])
def test_a_failing_build_leaves_a_partial_that_the_next_one_goes_on_with(tmp_path, failure):
    broken, whole = Builder(failure), Builder()
    with pytest.raises(type(failure)):
        made(tmp_path, broken)
    (partial,) = (tmp_path / "first").glob("*.partial")
    assert everything_in(partial) == ["one.bin"]
    assert not partial.with_suffix("").exists()
    found = made(tmp_path, whole)
    assert whole.found == [["one.bin"]]
    assert found.path == partial.with_suffix("")
    assert not partial.exists()
    found.verify()


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_process_that_dies_between_two_writes_leaves_nothing_under_the_final_name(tmp_path, kept):
    program = f"""
import os
from pathlib import Path
from codekiln import artifact
replace, done = os.replace, []

def dying(source, target):
    if len(done) == {kept}:
        os._exit(9)
    done.append(target)
    replace(source, target)

os.replace = dying

def build(config, inputs, out):
    artifact.write_atomically(out / "one.bin", b"1")
    artifact.write_atomically(out / "two.bin", b"2")
    return {{}}

artifact.produce(artifact.Stage("first", 1, build), {{"a": 1}}, {{}}, Path({str(tmp_path)!r}), "x")
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    (partial,) = (tmp_path / "first").glob("x-*.partial")
    assert not partial.with_suffix("").exists()
    with pytest.raises(ArtifactError, match="not finished: run the same recipe again"):
        open_artifact(partial)
    found = made(tmp_path)
    found.verify()
    # What the killed write had left beside its file is neither kept nor listed.
    assert not [name for name in everything_in(found.path) if name.endswith(".tmp")]
    assert set(found.manifest["files"]) <= {"one.bin", "two.bin", "deep/two.bin"}
    assert open_artifact(found.path) == found


def test_a_damaged_input_stops_the_build_before_it_begins(tmp_path):
    given, builder = made(tmp_path), Builder()
    flip_a_bit(given.path / "one.bin")
    with pytest.raises(ArtifactError, match=r"one\.bin is not what was written.*run the recipe"):
        made(tmp_path, builder, name="y", inputs={"given": given})
    assert builder.runs == 0


def test_a_whole_input_does_not(tmp_path):
    given, builder = made(tmp_path), Builder()
    found = made(tmp_path, builder, name="y", inputs={"given": given})
    assert builder.runs == 1
    assert found.manifest["inputs"] == {"given": given.fingerprint}


def cut(path: Path) -> None:
    (path / "one.bin").write_bytes(b"1" * 999)


def lose(path: Path) -> None:
    (path / "deep/two.bin").unlink()


def break_manifest(path: Path) -> None:
    manifest = path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-20])


def manifest_of(content: bytes):
    return lambda path: (path / "manifest.json").write_bytes(content)


def newer(path: Path) -> None:
    write_sealed(path / "manifest.json", read_sealed(path / "manifest.json") | {"schema": 99})


def alter(path: Path) -> None:
    manifest = (path / "manifest.json").read_bytes()
    (path / "manifest.json").write_bytes(manifest.replace(b'"name": "', b'"name": "y', 1))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut, r"one\.bin is missing or cut short.*delete that folder and run the recipe again"),
        (lose, r"deep/two\.bin is missing or cut short.*delete that folder"),
        (break_manifest, r"manifest\.json cannot be read.*delete that folder"),
        (manifest_of(b""), "cannot be read"),
        (manifest_of(b"\xff\xfe"), "cannot be read"),
        (manifest_of(b"[]"), "cannot be read"),
        (manifest_of(b'"text"'), "cannot be read"),
        (manifest_of(b'{"name": "a web app", "icons": []}'), "cannot be read"),
        (manifest_of(b'{"schema": 1, "stage": "first", "files": ["a"]}'), "cannot be read"),
        (alter, r"manifest\.json was altered.*delete that folder"),
        (newer, "has schema 99, this codekiln reads 1: rebuild it"),
        (lambda path: (path / "manifest.json").unlink(), "is no artifact .* give the folder"),
    ],
)
def test_a_damaged_artifact_is_refused_with_a_remedy(tmp_path, damage, message):
    found, builder = made(tmp_path), Builder()
    assert open_artifact(found.path, "first") == found
    damage(found.path)
    with pytest.raises(ArtifactError, match=message):
        open_artifact(found.path)
    with pytest.raises(ArtifactError, match=message):
        made(tmp_path, builder)
    assert builder.runs == 0


def test_a_flipped_bit_opens_but_does_not_verify(tmp_path):
    found = made(tmp_path)
    flip_a_bit(found.path / "deep/two.bin")
    with pytest.raises(
        ArtifactError, match=r"two\.bin is not what was written.*delete that folder"
    ):
        open_artifact(found.path).verify()


def test_only_what_is_younger_than_the_manifest_is_compared_with_it(tmp_path):
    found = made(tmp_path)
    file, manifest = found.path / "deep/two.bin", found.path / "manifest.json"
    found.verify_younger()
    flip_a_bit(file)
    written = manifest.stat().st_mtime_ns
    os.utime(file, ns=(written, written))
    found.verify_younger()
    os.utime(file, ns=(written, written + 1))
    with pytest.raises(ArtifactError, match=r"two\.bin is not what was written"):
        found.verify_younger()
    flip_a_bit(file)
    os.utime(file, ns=(written, written + 1))
    found.verify_younger()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"", True), (b"[]", True), (b"{", True), (b"\xff", True), (b"{}", False), (None, False)],
)
def test_a_manifest_of_another_program_makes_no_artifact(tmp_path, content, expected):
    assert is_artifact(made(tmp_path).path)
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    assert is_artifact(tmp_path) == expected
    assert not is_artifact(tmp_path / "none")


def test_what_is_no_artifact_of_the_stage_is_refused(tmp_path):
    found = made(tmp_path)
    with pytest.raises(ArtifactError, match="is an artifact of 'first', but 'model' is needed"):
        open_artifact(found.path, "model")
    (tmp_path / "file").write_text("text")
    for path in (tmp_path, tmp_path / "file", tmp_path / "nothing"):
        with pytest.raises(ArtifactError, match=r"is no artifact .* give the folder that"):
            open_artifact(path)


@contextmanager
def building(folder):
    """Another process that holds the lock until its stdin ends."""
    program = [sys.executable, "-c", HOLDER, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout.readline() == "building\n"
        yield holder


def test_a_second_process_is_told_that_the_first_is_building(tmp_path):
    builder = Builder()
    with building(tmp_path) as holder:
        with pytest.raises(BusyError, match="wait for it, or choose another --work"):
            made(tmp_path, builder)
        assert made(tmp_path, builder, config={"a": 2}).statistics == {"runs": 1}
        holder.stdin.close()
        assert holder.wait() == 0
    assert made(tmp_path, builder).statistics == {"by": "the other"}
    assert builder.runs == 1


def test_a_process_that_was_killed_holds_no_lock(tmp_path):
    with building(tmp_path) as holder:
        holder.kill()
    builder = Builder()
    assert made(tmp_path, builder).statistics == {"runs": 1}
    assert builder.found == [["data.bin"]]


class FullFile:
    """A file that takes half of what it is given and then says that the disk is full."""

    def __init__(self, file, number: int) -> None:
        self.file, self.number = file, number

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, content: bytes) -> None:
        self.file.write(content[: len(content) // 2])
        raise OSError(self.number, os.strerror(self.number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_a_failing_write_leaves_the_file_as_it_was(tmp_path, monkeypatch, number):
    path = tmp_path / "file"
    write_atomically(path, b"before")
    opened = Path.open
    monkeypatch.setattr(
        Path, "open", lambda self, *arguments: FullFile(opened(self, *arguments), number)
    )
    with pytest.raises(DiskError, match=r"file failed \(.*free some space.*run the same command"):
        write_atomically(path, b"after that")
    monkeypatch.undo()
    assert path.read_bytes() == b"before"
    assert everything_in(tmp_path) == ["file"]


def test_an_error_that_is_not_the_disk_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "no folder" / "file", b"text")


def test_a_full_disk_while_building_keeps_the_partial(tmp_path):
    with pytest.raises(DiskError, match="it goes on where it stopped"):
        made(tmp_path, Builder(OSError(errno.ENOSPC, "full")))
    builder = Builder()
    made(tmp_path, builder).verify()
    assert builder.found == [["one.bin"]]


@pytest.fixture
def small_disk(tmp_path):
    """A real file system of 256 kB, mounted; skipped where that is not permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if done.returncode != 0:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_on_a_really_full_disk_a_rerun_completes_once_there_is_room(small_disk):
    steps = []

    def build(config, inputs, out):
        for number in range(5):
            path = out / f"{number}.bin"
            if not path.exists():
                write_atomically(path, bytes([number]) * 100_000)
                steps.append(number)
        return {}

    work = small_disk / "work"
    stage = Stage("big", 1, build)
    open_work(work)
    with pytest.raises(DiskError, match="no space left on device"):
        produce(stage, {}, {}, work, "x")
    assert steps == [0, 1]
    (partial,) = (work / "big").glob("*.partial")
    assert everything_in(partial) == ["0.bin", "1.bin"]
    remount = ["mount", "-o", "remount,size=2m", str(small_disk)]
    subprocess.run(remount, check=True, capture_output=True)
    found = produce(stage, {}, {}, work, "x")
    assert steps == [0, 1, 2, 3, 4]
    found.verify()
    assert found.file("4.bin").read_bytes() == b"\4" * 100_000


def test_the_work_folder_is_marked_as_a_cache(tmp_path):
    work = tmp_path / "deep" / "work"
    open_work(work)
    tag = work / "CACHEDIR.TAG"
    # https://bford.info/cachedir/: the file begins with exactly these 43 bytes.
    assert tag.read_bytes()[:43] == b"Signature: 8a477f597d28d172789f06886806bc55"
    tag.write_bytes(tag.read_bytes() + b"# a note of the user\n")
    open_work(work)
    assert tag.read_bytes().endswith(b"note of the user\n")


def test_a_work_folder_that_cannot_be_one_is_wrong_usage(tmp_path):
    (tmp_path / "file").write_text("text")
    for path in (tmp_path / "file", tmp_path / "file" / "work"):
        with pytest.raises(UsageError, match="is not a folder: give another"):
            open_work(path)
    assert (tmp_path / "file").read_text() == "text"


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.ENOENT])
def test_a_work_folder_that_may_not_be_made_is_wrong_usage(tmp_path, monkeypatch, number):
    def refusing(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refusing)
    with pytest.raises(UsageError, match="give another"):
        open_work(tmp_path / "work")


def test_discard_removes_files_and_folders_and_nothing(tmp_path):
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "file").write_text("text")
    for name in ("folder", "file", "nothing"):
        discard(tmp_path / name)
    assert everything_in(tmp_path) == []


def test_every_error_of_the_disk_counts_as_one():
    assert {errno.ENOSPC, errno.EROFS, errno.EIO} <= artifact_module.DISK_ERRNOS


def test_a_link_loop_is_no_artifact_and_says_so(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(ArtifactError, match="cannot be read"):
        open_artifact(loop)


@pytest.mark.parametrize("key", ["fingerprint", "statistics", "config"])
def test_a_manifest_without_a_key_that_others_read_is_damaged(tmp_path, key):
    path = produce(Stage("first", 1, Builder()), Config(), {}, tmp_path, "x").path
    open_artifact(path)
    manifest = path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(f'"{key}"'.encode(), b'"lost"'))
    with pytest.raises(ArtifactError, match="damaged"):
        open_artifact(path)


def test_a_flipped_bit_in_a_finished_artifact_is_found_before_it_is_reused(tmp_path):
    found, builder = made(tmp_path), Builder()
    content = bytearray((found.path / "one.bin").read_bytes())
    content[0] ^= 1
    (found.path / "one.bin").write_bytes(content)
    with pytest.raises(ArtifactError, match=r"one\.bin is not what was written"):
        made(tmp_path, builder)
    assert builder.runs == 0


def test_an_artifact_under_anothers_name_is_refused(tmp_path):
    found = made(tmp_path)
    manifest = read_sealed(found.path / "manifest.json")
    write_sealed(found.path / "manifest.json", manifest | {"fingerprint": "0" * 64})
    with pytest.raises(ArtifactError, match="other settings or inputs"):
        made(tmp_path)
