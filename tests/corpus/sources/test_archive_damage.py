"""Archives that are cut short, changed or no archives: what was whole is read, the rest is told."""

import errno
import gzip
import hashlib
import os
import random
import re
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from archives import PACKERS, outcome, source, tar, zipped
from codekiln.corpus.sources.archive import ArchiveSource
from codekiln.errors import SourceError

GOOD = {f"p/{number}.py": random.Random(number).randbytes(3000) for number in range(12)}
REFUSED = "0 bytes|cut short|broken"


def refuse(path: Path, content: bytes, words: str, **options) -> None:
    with pytest.raises(SourceError, match=words):
        list(source(path, content, **options).files())


def attempt(path: Path, content: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """What comes out of an archive; of one that is refused, nothing."""
    try:
        return outcome(source(path, content))
    except SourceError as error:
        return {}, {path.name: str(error)}


@pytest.mark.parametrize("form", PACKERS)
def test_a_tar_cut_short_anywhere_gives_what_was_before_the_cut(tmp_path, form):
    whole = tar(GOOD)[: 12 * (512 + 3072) + 1024]  # without the padding at its end
    packed = PACKERS[form](whole)
    wanted = {name.removeprefix("p/"): content for name, content in GOOD.items()}
    assert attempt(tmp_path / "a.tar", packed) == (wanted, {})
    counts = []
    for tenth in range(10):
        contents, reasons = attempt(tmp_path / "a.tar", packed[: len(packed) * tenth // 10])
        assert contents.items() <= wanted.items()
        reason = reasons.pop("a.tar")
        assert reason == "archive-cut-short" or (not contents and re.search(REFUSED, reason))
        assert set(reasons.values()) <= {"archive-cut-short"}  # the member that was cut
        counts.append(len(contents))
    assert counts == sorted(counts)
    assert counts[-1] >= (0 if form in ("bz2", "zst") else 8)  # those two pack in large blocks


def test_a_zip_cut_short_has_lost_its_directory(tmp_path):
    whole = zipped(GOOD)
    for tenth in range(1, 10):
        refuse(tmp_path / "a.zip", whole[: len(whole) * tenth // 10], "cut short")
    refuse(tmp_path / "a.zip", whole[:-1], "cut short")


def test_a_directory_that_cannot_be(tmp_path):
    whole = zipped(GOOD)
    end = len(whole) - 22
    for place, value, words in (
        (whole.index(b"PK\1\2"), b"KP", "directory is broken"),
        (end + 4, b"\1", "not where it should be"),  # this is the second of several files
        (end + 10, b"\xff\xff", "not where it should be"),
        (end + 12, b"\xff\xff", "not where it should be"),
        (end + 16, b"\xff\xff", "not where it should be"),
    ):
        content = whole[:place] + value + whole[place + len(value) :]
        refuse(tmp_path / "a.zip", content, words)
    assert len(attempt(tmp_path / "a.zip", whole)[0]) == 12


@pytest.mark.parametrize("form", [*PACKERS, "zip"])
def test_changed_bytes_are_never_worse_than_an_error(tmp_path, form):
    whole = zipped(GOOD) if form == "zip" else PACKERS[form](tar(GOOD))
    chance, unharmed = random.Random(form), 0
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 5])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        contents, reasons = attempt(tmp_path / "a.bin", bytes(content))
        assert contents or reasons
        unharmed += not reasons
    assert unharmed < 60 or form == "plain"  # which has no sum over its contents


def test_a_damaged_sum_over_the_whole_is_told(tmp_path):
    content = tar(GOOD, gzip.compress)
    wrong = content[:-8] + bytes(4) + content[-4:]
    contents, reasons = outcome(source(tmp_path / "a.tgz", wrong))
    assert (len(contents), reasons) == (12, {"a.tgz": "archive-cut-short"})


def test_a_tar_without_its_end_mark_is_cut_short(tmp_path):
    content = tar({"a.py": b"a"})[:1024]
    assert outcome(source(tmp_path / "a.tar", content))[1] == {"a.tar": "archive-cut-short"}
    assert outcome(source(tmp_path / "a.tar", content + bytes(512)))[1] == {}


def member(**changes) -> bytes:
    """A header whose fields are set by hand, with the right sum."""
    block = bytearray(tarfile.TarInfo("p/a.py").tobuf(tarfile.GNU_FORMAT))
    places = {"size": (124, 136), "kind": (156, 157), "time": (136, 148)}
    for name, value in changes.items():
        block[slice(*places[name])] = value
    block[148:156] = b"%06o\0 " % (sum(block) - sum(block[148:156]) + 256)
    return bytes(block)


@pytest.mark.parametrize(
    "block",
    [
        member(size=b"\xff" * 12),  # negative: the endless loop of CVE-2025-8194
        member(size=b"\x80" + b"\xff" * 11),
        member(size=b"77777777777\0"),
        member(size=b"0x10\0\0\0\0\0\0\0\0"),
        member(size=b"\x80" + b"\xff" * 11, kind=b"x"),
        member(size=b"00010000000\0", kind=b"L"),
    ],
)
def test_sizes_that_cannot_be(tmp_path, block):
    contents, reasons = outcome(source(tmp_path / "a.tar", tar({"p/0.py": b"x"})[:1024] + block))
    assert contents == {"0.py": b"x"}
    assert reasons.pop("a.tar") == "archive-cut-short"
    assert set(reasons.values()) <= {"too-large"}


def extended(records: bytes) -> bytes:
    padded = records.ljust(-(-len(records) // 512) * 512, b"\0")
    return member(kind=b"x", size=b"%011o\0" % len(records)) + padded


@pytest.mark.parametrize(
    "records",
    [
        b"0 a=b\n",
        b"99 a=b\n",
        b"-6 a=b\n",
        b"a=b\n",
        b"6 a=b ",
        b"9" * 900_000,
        b"1 " * 999,
        b"11 size=-1\n",
    ],
)
def test_extended_headers_that_cannot_be(tmp_path, records):
    """The second last take `tarfile` quadratic time (CVE-2024-6232)."""
    content = tar({"p/0.py": b"x"})[:1024] + extended(records) + tar({"p/1.py": b"y"})
    contents, reasons = outcome(source(tmp_path / "a.tar", content))
    assert (contents, reasons) == ({"0.py": b"x"}, {"a.tar": "archive-cut-short"})


def test_extended_headers_in_a_long_row(tmp_path):
    """For each of them `tarfile` calls itself, until Python stops it."""
    content = extended(b"12 path=a/b\n") * 5000 + tar({"p/1.py": b"y"})
    assert outcome(source(tmp_path / "a.tar", content)) == ({"b": b"y"}, {})


def patched(content: bytes, local: int, entry: int, value: bytes) -> bytes:
    """A zip of one member with a field changed in both of its headers."""
    changed = bytearray(content)
    changed[local : local + len(value)] = value
    place = content.index(b"PK\1\2") + entry
    changed[place : place + len(value)] = value
    return bytes(changed)


def test_a_zip_member_that_cannot_be_read(tmp_path):
    content = zipped({"a.py": b"print(1)\n" * 9})
    size = 81
    assert outcome(source(tmp_path / "a.zip", content)) == ({"a.py": b"print(1)\n" * 9}, {})
    for reason, changed in {
        "encrypted": patched(content, 6, 8, b"\1\0"),
        "broken-member": patched(content, 14, 16, b"\0\0\0\0"),  # another sum
        "unknown-compression": patched(content, 8, 10, b"\x63\0"),
        "too-large": patched(content, 22, 24, struct.pack("<L", 1_000_001)),
    }.items():
        assert outcome(source(tmp_path / "a.zip", changed)) == ({}, {"a.py": reason})
    for wrong in (0, size - 1, size + 1):
        lie = patched(content, 22, 24, struct.pack("<L", wrong))
        assert outcome(source(tmp_path / "a.zip", lie))[1] == {"a.py": "broken-member"}
    packed_otherwise = zipped({"a.py": b"x" * 99}, zipfile.ZIP_LZMA)
    assert outcome(source(tmp_path / "a.zip", packed_otherwise))[1] == {
        "a.py": "unknown-compression"
    }


def test_a_member_that_is_larger_than_it_says_is_unpacked_no_further(tmp_path, monkeypatch):
    content = patched(zipped({"a.py": bytes(5_000_000)}), 22, 24, struct.pack("<L", 10))
    drawn = []

    class Watched:
        def __init__(self, *options):
            self._unpacker = unpacker(*options)

        def decompress(self, packed, *options):
            content = self._unpacker.decompress(packed, *options)
            drawn.append((len(packed), len(content)))
            return content

    unpacker = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    assert outcome(source(tmp_path / "a.zip", content))[1] == {"a.py": "broken-member"}
    assert drawn == [(50, 11)]  # of 5,000 packed bytes and of 5,000,000 unpacked ones


def closed(path: Path, mode: str) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def test_what_is_no_archive_is_refused(tmp_path, monkeypatch):
    for content, words in (
        (b"", "0 bytes"),
        (b"import os\n" * 100, "no archive that we read"),
        (b"PKimport", "no archive that we read"),
        (gzip.compress(b"import os\n" * 100), "no archive that we read"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "no archive that we read"),
        (gzip.compress(b"x")[:10], "cut short or broken"),
        (b"BZh9not bzip2 at all", "cut short or broken"),
    ):
        with pytest.raises(SourceError, match=words):
            source(tmp_path / "a.tar", content)
    with pytest.raises(SourceError, match=r"no archive .*nowhere"):
        ArchiveSource("x", tmp_path / "nowhere.zip")
    with pytest.raises(SourceError, match="folder:"):
        ArchiveSource("x", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="device"):
        ArchiveSource("x", tmp_path / "pipe")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", closed)
        with pytest.raises(SourceError, match=r"\(Permission denied\): change its permissions"):
            ArchiveSource("x", Path(__file__))
    refuse(tmp_path / "a.tar", tar({}), "holds no files")
    refuse(tmp_path / "a.zip", zipped({}), "holds no files")
    refuse(tmp_path / "a.tar", extended(b"99 a=b\n"), "broken from its start")
    refuse(tmp_path / "a.zip", b"PK\3\4" + bytes(99), "directory is missing")


def test_a_debian_source_with_a_wrong_or_missing_part_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    whole = tar({"a.c": b"a"}, gzip.compress)
    for folder in (tmp_path, tmp_path / "in"):
        (folder / "p_1.tar.gz").write_bytes(whole)

    def dsc(name: str, digest: str = "0" * 64) -> Path:
        text = f"Source: p\nVersion: 1\nChecksums-Sha256:\n {digest} 5 {name}\n"
        (tmp_path / "in/p.dsc").write_text(text)
        return tmp_path / "in/p.dsc"

    right = ArchiveSource("x", dsc("p_1.tar.gz", hashlib.sha256(whole).hexdigest()))
    assert outcome(right)[0] == {"a.c": b"a"}
    with pytest.raises(SourceError, match="has not the SHA-256"):
        ArchiveSource("x", dsc("p_1.tar.gz")).files()
    for name in ("p_2.tar.gz", "../p_1.tar.gz", f"{tmp_path}/p_1.tar.gz", "../in/p_1.tar.gz"):
        with pytest.raises(SourceError, match="not beside it"):
            ArchiveSource("x", dsc(name))
    for text in ("", "Source: p\n", "import os\n", "Source: p\nChecksums-Sha256:\n nonsense\n"):
        (tmp_path / "p.dsc").write_text(text)
        with pytest.raises(SourceError, match="no source with SHA-256"):
            ArchiveSource("x", tmp_path / "p.dsc")
