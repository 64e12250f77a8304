"""What `tarfile`, `zipfile` and the tools find in an archive, we find: names, bytes and times."""

import io
import re
import shutil
import subprocess
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import NOON, PACKERS, defects, read, source, tar, zipped
from codekiln.errors import SourceError

CONTENTS = {
    "pkg-1.0/main.py": b"print('hello')\n" * 100,
    "pkg-1.0/empty.py": b"",
    "pkg-1.0/src/Grüße.c": b"int main(void) { return 0; }\n",
    "pkg-1.0/src/код/文件/ファイル/파일.go": b"package main\n",
    "pkg-1.0/src/مجلد/क.rs": b"fn main() {}\n" * 1000,
    "pkg-1.0/src/" + "long/" * 25 + "name.java": b"class Name {}\n",
    "pkg-1.0/src/" + "n" * 200 + ".js": b"var n;\n",
    "pkg-1.0/" + "d" * 91 + "/tail.py": b"pass\n",  # its first 100 letters end with a slash
    "pkg-1.0/block.txt": b"x" * 512,
    "pkg-1.0/more.txt": b"x" * 513,
}


def without_top(contents) -> dict[str, bytes]:
    return {name.partition("/")[2]: content for name, content in contents.items()}


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_tar_in_every_form_and_packing(tmp_path, form, packer):
    archive = source(tmp_path / "pkg.tar", tar(CONTENTS, packer, form))
    assert read(archive) == without_top(CONTENTS)
    files = list(archive.files())
    assert [file.path for file in files] == list(without_top(CONTENTS))
    assert [file.size for file in files] == [len(content) for content in CONTENTS.values()]
    assert {file.time for file in files} == {NOON}


def test_the_ustar_form_splits_long_names(tmp_path):
    contents = {name: content for name, content in CONTENTS.items() if "nnn" not in name}
    content = tar(contents, form=tarfile.USTAR_FORMAT)
    assert b"PaxHeader" not in content
    assert read(source(tmp_path / "x.tar", content)) == without_top(contents)


@pytest.mark.skipif(not shutil.which("tar"), reason="there is no tar")
@pytest.mark.parametrize("form", ["v7", "oldgnu", "gnu", "ustar", "posix"])
def test_what_tar_lists_is_what_we_list(tmp_path, form):
    root = tmp_path / "pkg"
    for name in ("a.py", "src/b.c", "src/deep/é.go", "src/" + "d/" * 40 + "z.rs"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name * 100)
    (root / "src/link.c").symlink_to("b.c")
    (root / "src/hard.c").hardlink_to(root / "src/b.c")
    command = ["tar", f"--format={form}", "--sort=name", "-C", tmp_path, "-cf", tmp_path / "x.tar"]
    if subprocess.run([*command, "pkg"], capture_output=True).returncode:
        pytest.skip("this tar knows no --sort")
    listed = subprocess.run(
        ["tar", "--quoting-style=literal", "-tf", tmp_path / "x.tar"], capture_output=True
    )
    names = [line for line in listed.stdout.decode().splitlines() if not line.endswith("/")]
    archive = source(tmp_path / "x.tar")
    assert [f"pkg/{file.path}" for file in archive.files()] == names
    assert len(names) == 6
    assert len(defects(archive)) == 2
    assert all(content == path.encode() * 100 for path, content in read(archive).items())


NAMES = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="/\\\0"),
        min_size=1,
        max_size=80,
    ).filter(lambda name: name not in (".", "..")),
    min_size=1,
    max_size=5,
).map("/".join)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.dictionaries(NAMES.map("top/".__add__), st.binary(max_size=2000), min_size=1, max_size=8),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_whatever_tarfile_reads_we_read(tmp_path_factory, contents, form):
    path = tmp_path_factory.getbasetemp() / "any.tar"
    archive = source(path, tar(contents, form=form))
    with tarfile.open(path) as reference:
        names = reference.getnames()
    assert [f"top/{file.path}" for file in archive.files() if file.defect != "bad-name"] == [
        name for name in names if len(name.encode()) <= 1024
    ]
    for file in archive.files():
        if not file.defect:
            assert file.read() == contents[f"top/{file.path}"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_stored_and_deflated(tmp_path, method):
    archive = source(tmp_path / "pkg.zip", zipped(CONTENTS, method))
    assert read(archive) == without_top(CONTENTS)
    with zipfile.ZipFile(tmp_path / "pkg.zip") as reference:
        assert [f"pkg-1.0/{file.path}" for file in archive.files()] == reference.namelist()
    assert {file.time for file in archive.files()} == {NOON}


def test_a_zip_of_the_long_form(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 300)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 3)
    content = zipped(CONTENTS)
    assert b"PK\6\6" in content
    assert b"PK\6\7" in content
    assert read(source(tmp_path / "pkg.zip", content)) == without_top(CONTENTS)


def test_a_zip_of_the_long_form_with_other_fields_before(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 20)
    file, other = io.BytesIO(), b"UT\5\0\1\0\0\0\0"
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("p/a.py", "p/b.py"):
            info = zipfile.ZipInfo(name)
            info.extra = other
            archive.writestr(info, name * 10)
    content, swaps = re.subn(
        rb"(\x01\x00[\x08\x10\x18]\x00.{8,24}?)(" + re.escape(other) + b")",
        rb"\2\1",
        file.getvalue(),
        flags=re.DOTALL,
    )
    assert swaps >= 2
    wanted = {"a.py": b"p/a.py" * 10, "b.py": b"p/b.py" * 10}
    assert read(source(tmp_path / "pkg.zip", content)) == wanted


def test_a_header_for_all_members(tmp_path):
    """Git writes the commit into one; what it says of a file holds until the file says otherwise."""
    file = io.BytesIO()
    shared = {"comment": "c" * 40, "mtime": str(NOON)}
    with tarfile.open(fileobj=file, mode="w", pax_headers=shared) as archive:
        for name in ("p/a.py", "p/b.py"):
            archive.addfile(tarfile.TarInfo(name))
    assert [item.time for item in source(tmp_path / "x.tar", file.getvalue()).files()] == [NOON] * 2
    with tarfile.open(tmp_path / "x.tar") as reference:
        assert {item.mtime for item in reference} == {NOON}


def test_names_of_a_zip_in_code_page_437_and_in_utf_8(tmp_path):
    content = zipped(dict.fromkeys(("aaaa.py", "bbbb.py", "cccé.py"), b"x"))
    for old, new in ((b"aaaa", "café".encode("cp437")), (b"bbbb", "thé".encode())):
        content = content.replace(old, new)
    archive = source(tmp_path / "x.zip", content)
    assert list(read(archive)) == ["café.py", "thé.py", "cccé.py"]
    with zipfile.ZipFile(tmp_path / "x.zip") as reference:  # it takes the second for code page 437
        assert reference.namelist()[::2] == ["café.py", "cccé.py"]


def test_of_a_path_that_comes_twice_the_last_counts(tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for content in (b"first", b"second", b"last one"):
            info = tarfile.TarInfo("p/a.py")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path = tmp_path / "x.tar"
    archive = source(path, file.getvalue())
    assert [file.defect for file in archive.files()] == ["repeated-path", "repeated-path", ""]
    with tarfile.open(path) as reference:
        assert list(read(archive).values()) == [reference.extractfile("p/a.py").read()]


def test_the_recipe_and_the_house_leave_names_out(tmp_path):
    names = ("p/a.py", "p/node_modules/b.js", "p/__pycache__/c.pyc", "p/docs/d.py")
    archive = source(tmp_path / "x.tar", tar(dict.fromkeys(names, b"x")), exclude=("docs/*",))
    assert list(read(archive)) == ["a.py"]
    assert set(defects(archive).values()) == {"excluded"}
    assert len(defects(archive)) == 3


def test_times_that_tools_make_up_are_not_known(tmp_path):
    file = io.BytesIO()
    times = {0: 0, NOON: NOON, 499162500: 0, 1153704088: 0, 1153704089: 1153704089, 2**40: 0}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for time in (*times, -5):
            info = tarfile.TarInfo(f"p/{time}.py")
            info.mtime = time
            archive.addfile(info)
    found = [file.time for file in source(tmp_path / "x.tar", file.getvalue()).files()]
    assert found == [*times.values(), 0]
    wheel = source(tmp_path / "x.whl", zipped({"a.py": b""}))
    content = bytearray((tmp_path / "x.whl").read_bytes())
    place = content.index(b"PK\1\2") + 12
    content[place : place + 4] = b"\xff\xff\xff\xff"  # no such hour, no such month
    assert [file.time for file in source(tmp_path / "y.whl", bytes(content)).files()] == [0]
    assert [file.time for file in wheel.files()] == [NOON]


def test_the_state_is_that_of_the_content(tmp_path):
    one = source(tmp_path / "one.tar", tar({"a.py": b"a"}))
    same = source(tmp_path / "same.tar", tar({"a.py": b"a"}))
    other = source(tmp_path / "other.tar", tar({"a.py": b"b"}))
    assert one.state() == same.state() != other.state()


def test_what_the_publisher_says_is_handed_on(tmp_path):
    (tmp_path / "x.tar").write_bytes(tar({"a.py": b"a"}))
    plain = source(tmp_path / "x.tar")
    assert (plain.name, plain.repository, plain.revision, plain.licence) == (
        "archive:x",
        "x.tar",
        "",
        "",
    )
    told = source(tmp_path / "x.tar", repository="pypi/x", revision="1.0", licence="MIT")
    assert (told.repository, told.revision, told.licence) == ("pypi/x", "1.0", "MIT")


def test_only_the_member_at_hand_can_be_read(tmp_path):
    archive = source(tmp_path / "x.tar", tar({"a.py": b"a", "b.py": b"b", "c.py": b"c"}))
    files = archive.files()
    first, second = next(files), next(files)
    assert second.read() == b"b"  # the first was passed over unread
    with pytest.raises(AssertionError):
        first.read()
    with pytest.raises(AssertionError):
        second.read()
    assert next(files).read() == b"c"


def test_an_archive_that_changes_between_the_passes_is_refused(tmp_path):
    archive = source(tmp_path / "x.tar", tar({"a.py": b"a", "b.py": b"b"}))
    files = archive.files()
    (tmp_path / "x.tar").write_bytes(tar({"a.py": b"a"}))
    with pytest.raises(SourceError, match="changed while it was read"):
        list(files)
    assert list(read(archive)) == ["a.py"]
    (tmp_path / "x.tar").unlink()
    with pytest.raises(SourceError, match="cannot be read any more"):
        archive.files()
