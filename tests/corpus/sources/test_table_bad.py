"""Rows and tables that are broken: counted one by one, and the others are read."""

import errno
import gzip
import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from codekiln.corpus.sources.archive import Caps
from codekiln.corpus.sources.table import lines
from codekiln.errors import SourceError
from tables import BARE, STACK_2, defects, files, jsonl, parquet, read, source


@pytest.mark.parametrize("write", [parquet, jsonl])
def test_paths_that_lead_out_and_names_that_are_left_out(tmp_path, write):
    paths = ["../a.py", "c:\\a.py", "a/node_modules/b.js", "docs/a.py", "/ok/a.py", "ок/文.py"]
    path = write(
        tmp_path / ("x.parquet" if write is parquet else "x.jsonl"),
        [{"content": "x", "path": path} for path in paths],
    )
    found = {file.path: file.defect for file in source(path, "docs/*").files()}
    assert found == {
        "../a.py": "unsafe-path",
        "c:\\a.py": "unsafe-path",
        "a/node_modules/b.js": "excluded",
        "docs/a.py": "excluded",
        "ok/a.py": "",
        "ок/文.py": "",
    }


def test_lines_that_are_no_rows_are_counted_and_the_others_read(tmp_path):
    rows = [
        {"content": "good\n", "path": "1.py"},
        '{"content": "cut',
        "[1, 2]",
        "[" * 100_000,
        '{"content": 5}',
        '{"content": null, "path": "6.py"}',
        '{"path": "7.py"}',
        '{"content": "\\ud800", "path": "8.py"}',
        '{"content": "x", "path": "\\ud800.py"}',
        '{"content": "x", "path": "9.py", "size": ' + "9" * 5000 + "}",
        "",
        {"content": "last\n", "path": "12.py"},
    ]
    path = jsonl(tmp_path / "x.jsonl", rows)
    assert read(path) == {"1.py": b"good\n", "12.py": b"last\n"}
    bad = {f"x.jsonl:{line}": "bad-row" for line in (2, 3, 4, 5, 8, 10)}
    found = defects(path)
    assert found.pop("\\xed\\xa0\\x80.py") == "bad-name"
    assert found == bad | {"6.py": "no-content", "7.py": "no-content"}


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_line_without_end_is_passed_over_in_pieces(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(lines, "LONGEST", 50)
    path, good = tmp_path / "x.jsonl", b'{"content": "x", "path": "a.py"}'
    for length in range(40, 210):
        long = b'{"content": "' + b"x" * (length - 15) + b'"}'
        path.write_bytes(good + b"\n" + long + b"\n" + good.replace(b"a.py", b"b.py") + ending)
        found = {file.path: file.defect for file in files(path)}
        defect = {"x.jsonl:2": "too-large"} if length >= 50 else {"x.jsonl/2": ""}
        assert found == {"a.py": "", **defect, "b.py": ""}


def test_lines_that_are_cut_short_or_changed(tmp_path):
    rows = [{"content": f"{n}" * 50, "path": f"{n}.py"} for n in range(5000)]
    packed = gzip.compress(jsonl(tmp_path / "x", rows).read_bytes())
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(packed[: len(packed) // 2])
    assert 0 < len(read(path)) < 5000
    assert set(defects(path).values()) == {"broken-rows"}
    path.write_bytes(packed)
    assert len(read(path)) == 5000


def test_lines_of_nothing_are_a_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "_CAPS", Caps(grace=1_000_000))
    first = json.dumps(BARE).encode() + b"\n"
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(gzip.compress(first + b"\n" * 1_500_000))
    with pytest.raises(SourceError, match="bomb"):
        files(path)
    path.write_bytes(gzip.compress(first + b"\n" * 900_000))
    assert len(files(path)) == 1


@pytest.mark.parametrize("packing", ["snappy", "none"])
def test_a_damaged_group_of_rows_costs_only_itself(tmp_path, packing):
    rows = [{"content": f"{n}-" * 300, "path": f"{n}.py"} for n in range(300)]
    path = parquet(
        tmp_path / "x.parquet",
        rows,
        row_group_size=100,
        compression=packing,
        use_dictionary=False,
        write_page_checksum=True,
    )
    assert len(read(path)) == 300
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    content[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    path.write_bytes(content)
    assert list(read(path)) == [f"{n}.py" for n in (*range(100), *range(200, 300))]
    assert defects(path) == {"x.parquet:100": "broken-rows"}


def test_tables_that_hold_no_code_are_refused(tmp_path):
    bare = parquet(tmp_path / "a.parquet", [{"repo": "x", "stars": 5}])
    ids = parquet(tmp_path / "b.parquet", [{k: v for k, v in STACK_2.items() if k != "content"}])
    numbers = parquet(tmp_path / "c.parquet", [{"content": 5}])
    cut = tmp_path / "d.parquet"
    cut.write_bytes(bare.read_bytes()[:-20])
    empty = tmp_path / "e.parquet"
    empty.write_bytes(b"")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.jsonl")
    for path, words in (
        (bare, "no code, but repo, stars: give a table with a column content, text or code"),
        (ids, "download the contents of The Stack v2 first"),
        (numbers, "int64 in its column 'content'"),
        (cut, "damaged"),
        (empty, "damaged"),
        (jsonl(tmp_path / "f.jsonl", [{"repo": "x"}]), "no code, but repo"),
        (jsonl(tmp_path / "g.jsonl", ["import os"]), "does not begin with a line of JSON"),
        (jsonl(tmp_path / "h.jsonl", []), "does not begin with a line of JSON"),
        (jsonl(tmp_path / "i.jsonl", ["[" * 100_000]), "does not begin with a line of JSON"),
        (tmp_path / "nowhere.parquet", "no table"),
        (tmp_path / "folder", "holds no tables"),
        (tmp_path / "pipe.jsonl", "device"),
    ):
        with pytest.raises(SourceError, match=words):
            source(path)


def test_tables_that_are_closed_to_us_are_refused(tmp_path, monkeypatch):
    def closed(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    path = jsonl(tmp_path / "a.jsonl", [BARE])
    assert len(files(path)) == 1
    monkeypatch.setattr(Path, "open", closed)
    with pytest.raises(SourceError, match=r"\(Permission denied\): change its permissions"):
        source(path)


def test_a_table_that_is_gone_when_it_is_read_is_counted(tmp_path):
    found = source(jsonl(tmp_path / "a.jsonl", [BARE]))
    (tmp_path / "a.jsonl").unlink()
    assert [file.defect for file in found.files()] == ["broken-rows"]
