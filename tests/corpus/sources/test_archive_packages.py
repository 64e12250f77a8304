"""What packages are: a folder that wraps all, an archive in an archive, several archives in one."""

import bz2
import gzip
import hashlib
import lzma
from pathlib import Path

from archives import defects, read, source, tar, zipped


def test_only_a_folder_that_all_share_is_taken_off(tmp_path):
    one, two = {"pkg/a.py": b"a", "pkg/b/c.py": b"c"}, {"pkg/a.py": b"a", "other/c.py": b"c"}
    assert list(read(source(tmp_path / "x.tar", tar(one)))) == ["a.py", "b/c.py"]
    assert list(read(source(tmp_path / "x.tar", tar(two)))) == list(two)
    assert list(read(source(tmp_path / "x.tar", tar({"a.py": b"a"})))) == ["a.py"]
    assert list(read(source(tmp_path / "x.zip", zipped(one)))) == ["a.py", "b/c.py"]
    for bare in ("x.whl", "x.jar", "x-sources.JAR", "x.nupkg"):
        assert list(read(source(tmp_path / bare, zipped(one)))) == list(one)
    dotted = {f"./{name}": content for name, content in one.items()}
    assert list(read(source(tmp_path / "x.tar", tar(dotted)))) == ["a.py", "b/c.py"]


def test_a_gem_is_the_archive_within_it(tmp_path):
    inner = tar({"lib/a.rb": b"puts 1\n" * 999, "README.md": b"# A\n"}, packer=gzip.compress)
    outer = {"metadata.gz": gzip.compress(b"x"), "data.tar.gz": inner, "checksums.yaml.gz": b"z"}
    archive = source(tmp_path / "a-1.0.gem", tar(outer))
    assert read(archive) == {"lib/a.rb": b"puts 1\n" * 999, "README.md": b"# A\n"}
    assert set(defects(archive)) == {"metadata.gz", "checksums.yaml.gz"}
    assert set(defects(archive).values()) == {"nested-archive"}
    assert read(source(tmp_path / "no.tar", tar(outer))) == {}


def debian(folder: Path, parts: dict[str, bytes], head: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    lines = []
    for name, content in parts.items():
        (folder / name).write_bytes(content)
        lines.append(f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}\n")
    text = "Format: 3.0 (quilt)\nSource: pkg\nVersion: 1.0-2\nChecksums-Sha256:\n" + "".join(lines)
    (folder / "pkg.dsc").write_text(f"{head}{text}Files:\n 00000000000000000000000000000000 1 x\n")
    return folder / "pkg.dsc"


PARTS = {
    "pkg_1.0-2.debian.tar.xz": tar(
        {"debian/rules": b"new", "debian/control": b"c"}, packer=lzma.compress
    ),
    "pkg_1.0.orig.tar.gz": tar(
        {"pkg-1.0/a.c": b"a", "pkg-1.0/debian/rules": b"old"}, packer=gzip.compress
    ),
    "pkg_1.0.orig-docs.tar.bz2": tar({"docs-1/b.c": b"b"}, packer=bz2.compress),
    "pkg_1.0.orig.tar.gz.asc": b"signature",
}


def test_a_debian_source_is_laid_together(tmp_path):
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n"
    archive = source(debian(tmp_path, PARTS, signed))
    assert (archive.repository, archive.revision) == ("pkg", "1.0-2")
    assert read(archive) == {
        "a.c": b"a",
        "docs/b.c": b"b",
        "debian/rules": b"new",
        "debian/control": b"c",
    }
    assert defects(archive) == {"debian/rules": "repeated-path"}
    native = {"pkg_1.0.tar.xz": tar({"pkg-1.0/a.c": b"a"}, packer=lzma.compress)}
    assert read(source(debian(tmp_path / "native", native))) == {"a.c": b"a"}


def test_the_state_of_a_debian_source_is_that_of_its_parts(tmp_path):
    package = source(debian(tmp_path / "d", PARTS))
    before = package.state()
    debian(tmp_path / "d", PARTS | {"pkg_1.0.orig-docs.tar.bz2": tar({"docs-1/b.c": b"z"})})
    assert source(tmp_path / "d/pkg.dsc").state() != before
