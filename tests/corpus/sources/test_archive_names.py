"""Names that lead out of an archive, and members that are no files, are counted and never read."""

import gzip
import io
import tarfile
import zipfile

import pytest

from archives import outcome, source, tar, zipped

UNSAFE = ("/etc/passwd", "../a.py", "b/../../a.py", "c:/a.py", "C:a.py", "d\\a.py", "..", "e/..")
SAFE = {"./f//a.py": "f/a.py", "..g/a.py": "..g/a.py", "h../a.py": "h../a.py", "ij:a.py": "ij:a.py"}


def test_names_that_lead_out_are_counted_and_names_that_look_so_are_read(tmp_path):
    contents = dict.fromkeys((*UNSAFE, *SAFE), b"x")
    for name, content in (("a.tar", tar(contents)), ("a.zip", zipped(contents))):
        found, reasons = outcome(source(tmp_path / name, content))
        assert reasons == dict.fromkeys(UNSAFE, "unsafe-path")
        assert found == dict.fromkeys(SAFE.values(), b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "a.zip"]


def test_an_unsafe_name_does_not_keep_the_top_folder(tmp_path):
    archive = source(tmp_path / "a.tar", tar({"p/a.py": b"a", "../b.py": b"b"}))
    assert outcome(archive) == ({"a.py": b"a"}, {"../b.py": "unsafe-path"})


def test_names_that_are_no_utf_8_or_too_long(tmp_path):
    contents = {"caf\udce9.py": b"x", "café.py": b"y", "n" * 1024: b"z", "n" * 1025: b"z"}
    found, reasons = outcome(source(tmp_path / "a.tar", tar(contents, form=tarfile.GNU_FORMAT)))
    assert found == {"café.py": b"y", "n" * 1024: b"z"}
    assert reasons == {"caf\\xe9.py": "bad-name", "n" * 1024: "bad-name"}
    marked = zipped({"café.py": b"y", "aé.py": b"x"}).replace("aé".encode(), b"a\xe9\xe9")
    with pytest.raises(UnicodeDecodeError):
        zipfile.ZipFile(io.BytesIO(marked))
    found, reasons = outcome(source(tmp_path / "a.zip", marked))
    assert (found, reasons) == ({"café.py": b"y"}, {"a\\xe9\\xe9.py": "bad-name"})


def test_a_nul_in_a_name(tmp_path):
    content = zipped({"a.py!.sh": b"x", "b.py": b"y"}).replace(b"a.py!.sh", b"a.py\0.sh")
    found, reasons = outcome(source(tmp_path / "a.zip", content))
    assert (found, reasons) == ({"b.py": b"y"}, {"a.py\\x00.sh": "unsafe-path"})
    long = tar({"n" * 200 + "!.sh": b"x", "b.py": b"y"}).replace(b"n!.sh", b"n\0.sh")
    found, reasons = outcome(source(tmp_path / "a.tar", long))
    assert found == {"b.py": b"y"}
    assert set(reasons.values()) == {"unsafe-path"}


def test_links_and_devices_are_counted(tmp_path):
    kinds = {
        "soft.py": tarfile.SYMTYPE,
        "hard.py": tarfile.LNKTYPE,
        "tty.py": tarfile.CHRTYPE,
        "disk.py": tarfile.BLKTYPE,
        "pipe.py": tarfile.FIFOTYPE,
        "other.py": b"Z",
    }
    headers = {name: {"type": kind, "linkname": "/etc/passwd"} for name, kind in kinds.items()}
    contents, reasons = outcome(source(tmp_path / "a.tar", tar(headers | {"good.py": b"x"})))
    assert contents == {"good.py": b"x"}
    assert {reasons.pop("soft.py"), reasons.pop("hard.py")} == {"link"}
    assert reasons == dict.fromkeys(
        ("tty.py", "disk.py", "pipe.py", "other.py"), "not-a-regular-file"
    )


def header(name: str, **places: bytes) -> bytes:
    """A header of GNU's form with bytes set by hand, and the right sum."""
    block = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    for place, value in places.items():
        start = int(place.removeprefix("at"))
        block[start : start + len(value)] = value
    block[148:156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 256)
    return bytes(block)


def test_the_size_of_what_has_no_content_means_nothing(tmp_path):
    headers = [
        header(f"p/{kind}", at124=b"00000001000", at156=b"%d" % kind) for kind in range(1, 7)
    ]
    content = b"".join(headers) + tar({"p/good.py": b"x"})
    contents, reasons = outcome(source(tmp_path / "a.tar", content))
    assert contents == {"good.py": b"x"}
    assert sorted(reasons) == ["1", "2", "3", "4", "6"]  # 5 is a folder
    with tarfile.open(tmp_path / "a.tar") as reference:
        assert reference.getnames()[-1] == "p/good.py"


def test_times_where_posix_has_the_rest_of_a_name(tmp_path):
    """GNU tar writes times of access there, and `tar -t` knows that they are no folder."""
    content = header("p/a.py", at345=b"14044253000\0") + tar({"p/b.py": b"x"})
    assert outcome(source(tmp_path / "a.tar", content))[0] == {"a.py": b"", "b.py": b"x"}


def test_a_link_to_a_long_name(tmp_path):
    link = {"type": tarfile.SYMTYPE, "linkname": "long/" * 50}
    content = tar({"p/a.py": link, "p/b.py": b"x"}, form=tarfile.GNU_FORMAT)
    assert b"././@LongLink" in content
    assert outcome(source(tmp_path / "a.tar", content)) == ({"b.py": b"x"}, {"a.py": "link"})


def test_links_of_a_zip_are_counted(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, mode in (("a.py", 0o120777), ("b.py", 0o100644), ("c.py", 0o010644), ("d/", 0)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, b"/etc/passwd")
    contents, reasons = outcome(source(tmp_path / "a.zip", file.getvalue()))
    assert contents == {"b.py": b"/etc/passwd"}
    assert reasons == {"a.py": "link", "c.py": "not-a-regular-file"}


def sparse(form: str) -> bytes:
    """A member with a hole, made by hand: `tarfile` writes none."""
    data = b"data".ljust(512, b"\0")
    info = tarfile.TarInfo("p/hole.py")
    info.size = 4
    if form == "pax":
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
        return info.tobuf(tarfile.PAX_FORMAT) + data
    info.type = b"S"
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[482] = 1  # two more blocks of the map follow
    block[148:156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 256)
    more = bytearray(512)
    more[504] = 1
    return bytes(block) + bytes(more) + bytes(512) + data


@pytest.mark.parametrize("form", ["pax", "gnu"])
def test_a_file_with_holes_is_counted_and_what_follows_is_read(tmp_path, form):
    content = sparse(form) + tar({"p/good.py": b"x"})
    assert outcome(source(tmp_path / "a.tar", content)) == (
        {"good.py": b"x"},
        {"hole.py": "not-a-regular-file"},
    )


def test_nothing_is_ever_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    contents = dict.fromkeys((*UNSAFE, *SAFE), b"x")
    outcome(source(tmp_path / "in/a.tgz", tar(contents, gzip.compress)))
    outcome(source(tmp_path / "in/a.zip", zipped(contents)))
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    assert found == ["in", "in/a.tgz", "in/a.zip"]
