"""One record in a hundred is corrupt, each in another way: the build ends well and the sums are right."""

import gzip
import io
import json
import os
import tarfile
import zipfile

import pytest

from codekiln.corpus import rejected

GOOD = "def function_{n}(first, second):\n    return first * {n} + second\n"


def corrupt(number):
    """Contents that no reader should trip over."""
    good = GOOD.format(n=number).encode()
    return [
        b"\xff\xfe" + "x = 1\n".encode("utf-16-le"),
        b"\0" * 100,
        good + b"\xc3\x28\n",
        b"x" * 2_000_000,
        b"(" * 200_000,
        "\u202e\u0000".encode(),
        os.urandom(500),
        b"\xed\xa0\x80" + good,
    ][number % 8]


@pytest.fixture
def contents():
    """Eight hundred files, every hundredth corrupt."""
    rows = [(f"p{n % 20}/file_{n}.py", GOOD.format(n=n).encode()) for n in range(800)]
    rows[50::100] = [(rows[n][0], corrupt(n // 100)) for n in range(50, 800, 100)]
    return rows


def written(kind, root, contents):
    root.mkdir()
    if kind == "folder":
        for path, content in contents:
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(content)
        return root
    if kind == "zip":
        with zipfile.ZipFile(root / "code.zip", "w") as archive:
            for path, content in contents:
                archive.writestr(path, content)
        return f"archive:{root / 'code.zip'}"
    if kind == "tar":
        with tarfile.open(root / "code.tar.gz", "w:gz") as archive:
            for path, content in contents:
                member = tarfile.TarInfo(path)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return f"archive:{root / 'code.tar.gz'}"
    with gzip.open(root / "code.jsonl.gz", "wb") as file:
        for n, (path, content) in enumerate(contents):
            row = {"content": content.decode("utf-8", "replace"), "max_stars_repo_path": path}
            line = json.dumps({**row, "max_stars_repo_name": f"owner/p{n % 20}"}).encode()
            file.write((line[: len(line) // 2] if n % 100 == 50 else line) + b"\n")
    return f"jsonl:{root / 'code.jsonl.gz'}"


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "jsonl"])
def test_a_build_with_corrupt_records_completes_and_reconciles(make, tmp_path, contents, kind):
    corpus = make(written(kind, tmp_path / kind, contents))
    figures = corpus.statistics
    assert figures["seen"] == 800
    assert figures["kept"] == 792
    assert sum(figures["rejected"].values()) + figures["quarantined"] == 8
    lost = {row.path: row.reason for row in rejected(corpus)}
    if kind != "jsonl":
        assert lost.keys() == {path for path, _ in contents[50::100]}
