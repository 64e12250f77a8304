"""Archives that would fill a disk or a memory are refused, those beside them are read."""

import gzip
import io
import random
import struct
import zipfile
from pathlib import Path

import pytest

from archives import PACKERS, outcome, source, tar, zipped
from codekiln.corpus.sources.archive import Caps
from codekiln.errors import SourceError

GOOD = {f"p/{number}.py": random.Random(number).randbytes(3000) for number in range(12)}


def refuse(path: Path, content: bytes, words: str, **options) -> None:
    with pytest.raises(SourceError, match=words):
        list(source(path, content, **options).files())


@pytest.mark.parametrize("packer", [PACKERS[name] for name in ("gz", "bz2", "xz", "zst")])
def test_a_tar_of_zeros_is_a_bomb_and_the_same_tar_of_noise_is_not(tmp_path, packer):
    sizes = Caps(grace=100_000)
    zeros, noise = bytes(400_000), random.Random(0).randbytes(400_000)
    bomb = tar({"p/a.py": b"a", "p/b.py": zeros}, packer)
    refuse(tmp_path / "a.tar", bomb, "bomb .*more than 200 times", caps=sizes)
    good = source(tmp_path / "b.tar", tar({"p/a.py": b"a", "p/b.py": noise}, packer), caps=sizes)
    assert outcome(good) == ({"a.py": b"a", "b.py": noise}, {})


def test_a_small_archive_may_be_packed_as_tightly_as_it_likes(tmp_path):
    contents = {"p/a.py": bytes(900_000), "p/b.py": b"b"}
    assert outcome(source(tmp_path / "a.tar", tar(contents, gzip.compress)))[1] == {}
    assert outcome(source(tmp_path / "a.zip", zipped(contents)))[1] == {}


def test_zeros_after_the_end_mark_are_a_bomb_too(tmp_path):
    content = tar({"a.py": b"a"}) + bytes(400_000)
    refuse(tmp_path / "a.tgz", gzip.compress(content), "bomb", caps=Caps(grace=10_000))
    assert outcome(source(tmp_path / "b.tgz", gzip.compress(content)))[0] == {"a.py": b"a"}


def test_a_flat_zip_bomb(tmp_path):
    content = zipped({f"{number}.py": bytes(100_000) for number in range(10)})
    refuse(tmp_path / "a.zip", content, "more than 200 times", caps=Caps(grace=100_000))
    assert len(outcome(source(tmp_path / "b.zip", content))[0]) == 10


def test_an_archive_of_more_bytes_than_the_cap(tmp_path):
    for name, content in (("a.tar", tar(GOOD)), ("a.tgz", tar(GOOD, gzip.compress))):
        refuse(tmp_path / name, content, "more than 0 MB", caps=Caps(archive=40_000))
        assert len(outcome(source(tmp_path / name, content, caps=Caps(archive=80_000)))[0]) == 12
    content = zipped(GOOD)
    refuse(tmp_path / "a.zip", content, "more than 0 MB", caps=Caps(archive=35_999))
    assert len(outcome(source(tmp_path / "a.zip", content, caps=Caps(archive=36_000)))[0]) == 12


def test_an_archive_of_more_members_than_the_cap(tmp_path):
    for name, content in (("a.tar", tar(GOOD)), ("a.zip", zipped(GOOD))):
        refuse(tmp_path / name, content, "more than 11 members", caps=Caps(members=11))
        assert len(outcome(source(tmp_path / name, content, caps=Caps(members=12)))[0]) == 12


def test_folders_of_a_zip_count_too(tmp_path):
    content = zipped({"a/": b"", "b/": b"", "a/c.py": b"x"})
    refuse(tmp_path / "a.zip", content, "more than 2 members", caps=Caps(members=2))
    assert outcome(source(tmp_path / "a.zip", content, caps=Caps(members=3)))[0] == {"c.py": b"x"}


def test_a_zip_whose_members_overlap(tmp_path):
    """As in Fifield, "A better zip bomb" (WOOT 2019): one kernel that many entries share."""
    content = zipped({"a.py": bytes(900_000), "b.py": b"b"})
    first = content.index(b"PK\1\2")
    second, end = content.index(b"PK\1\2", first + 4), content.index(b"PK\5\6")
    entry = content[first:second]
    doubled = content[:first] + entry + content[first:end] + content[end:]
    fields = list(struct.unpack("<4s4H2LH", doubled[-22:]))
    fields[3:6] = 3, 3, fields[5] + len(entry)
    overlapping = doubled[:-22] + struct.pack("<4s4H2LH", *fields)
    with zipfile.ZipFile(io.BytesIO(overlapping)) as reference:
        assert reference.namelist() == ["a.py", "a.py", "b.py"]
    refuse(tmp_path / "a.zip", overlapping, "members overlap")
    assert len(outcome(source(tmp_path / "b.zip", content))[0]) == 2


def test_archives_in_archives_stay_shut(tmp_path):
    bomb = zipped({"zeros": bytes(2_000_000)})
    nested = {"p/a.py": b"a", "p/b.zip": bomb, "p/c.tar.gz": b"", "p/d.WHL": b"", "p/zip": b"z"}
    for name, content in (("a.tar", tar(nested)), ("a.zip", zipped(nested))):
        contents, reasons = outcome(source(tmp_path / name, content))
        assert contents == {"a.py": b"a", "zip": b"z"}
        assert reasons == dict.fromkeys(["b.zip", "c.tar.gz", "d.WHL"], "nested-archive")


def test_a_file_over_the_cap_is_listed_with_its_size_but_not_read(tmp_path):
    contents = {"a.py": b"a" * 1_000_001, "b.py": b"b" * 1_000_000}
    for name, content in (("a.tar", tar(contents)), ("a.zip", zipped(contents))):
        archive = source(tmp_path / name, content)
        assert [file.size for file in archive.files()] == [1_000_001, 1_000_000]
        assert outcome(archive)[1] == {"a.py": "too-large"}
