"""Rows of The Stack and its like, as Parquet and as lines of JSON."""

import os

import pyarrow as pa
import pytest

from codekiln.corpus.sources.table import TableSource, choose_tables
from tables import (
    BARE,
    GITHUB_CODE,
    MAY,
    SMOL,
    STACK_1,
    STACK_2,
    defects,
    files,
    jsonl,
    parquet,
    read,
    source,
)

SHAPES = {
    "stack-1": (STACK_1, ("octo/cat", "a" * 40, "MIT AND Apache-2.0", 0)),
    "stack-2": (
        STACK_2,
        ("octo/cat", "b" * 40, "MIT AND (GPL-2.0-only OR BSD-3-Clause)", int(MAY.timestamp())),
    ),
    "smol": (SMOL, ("octo/cat", "", "MIT", 0)),
    "github-code": (GITHUB_CODE, ("octo/cat", "", "mit", 0)),
    "bare": (BARE, ("", "", "", 0)),
}


@pytest.mark.parametrize("write", [parquet, jsonl])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_columns_of_every_known_table(tmp_path, write, shape):
    row, told = SHAPES[shape]
    ending = "parquet" if write is parquet else "jsonl"
    (file,) = files(write(tmp_path / f"x.{ending}", [row]))
    assert (file.path, file.size, file.defect, file.read()) == ("src/a.py", 9, "", b"print(1)\n")
    assert (file.repository, file.revision, file.licence, file.time) == told


def test_rows_are_as_many_and_as_they_were(tmp_path):
    rows = [{"content": f"é = {n}\n" * (n % 7 + 1), "path": f"{n}.py"} for n in range(1500)]
    wanted = {row["path"]: row["content"].encode() for row in rows}
    assert read(parquet(tmp_path / "x.parquet", rows, row_group_size=400)) == wanted
    assert read(parquet(tmp_path / "z.parquet", rows, compression="zstd")) == wanted
    assert read(jsonl(tmp_path / "x.jsonl", rows)) == wanted
    sizes = {file.path: file.size for file in files(tmp_path / "x.parquet")}
    assert sizes == {path: len(content) for path, content in wanted.items()}


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
    ],
)
def test_contents_of_every_type_of_text(tmp_path, kind):
    contents = pa.array(["print(1)\n", "é\n", None]).cast(kind)
    path = parquet(tmp_path / "x.parquet", pa.table({"content": contents}))
    assert list(read(path).values()) == [b"print(1)\n", "é\n".encode()]
    assert list(defects(path).values()) == ["no-content"]


def test_bytes_that_are_no_text_are_left_to_the_filters(tmp_path):
    table = pa.table({"content": pa.array([b"caf\xe9"]), "path": pa.array([b"caf\xe9.py"])})
    (file,) = files(parquet(tmp_path / "x.parquet", table))
    assert (file.path, file.defect) == ("caf\\xe9.py", "bad-name")
    (file,) = files(parquet(tmp_path / "x.parquet", table.drop_columns("path")))
    assert file.read() == b"caf\xe9"


@pytest.mark.parametrize("packer", ["gzip", "bz2", "zstd"])
def test_packed_lines(tmp_path, packer):
    plain = jsonl(tmp_path / "x", [BARE, SMOL | {"path": "b.py"}]).read_bytes()
    ending = {"gzip": "gz", "zstd": "zst"}.get(packer, packer)
    with pa.output_stream(tmp_path / f"x.jsonl.{ending}", compression=packer) as file:
        file.write(plain)
    assert list(read(tmp_path / f"x.jsonl.{ending}")) == ["src/a.py", "b.py"]


def test_paths_that_are_missing_are_made_from_the_place_and_the_language(tmp_path):
    rows = [
        {"content": "x", "lang": "Python"},
        {"content": "x", "lang": "C++"},
        {"content": "x", "lang": "C#"},
        {"content": "x", "lang": "Klingon"},
        {"content": "x", "ext": "rs", "path": None},
        {"content": "x", "ext": "../../x"},
        {"content": "x"},
    ]
    wanted = {
        "x.jsonl/1.py": "",
        "x.jsonl/2.cpp": "",
        "x.jsonl/3.cs": "",
        "x.jsonl/4": "",
        "x.jsonl/5.rs": "",
        "x.jsonl/6./../x": "unsafe-path",
        "x.jsonl/7": "",
    }
    found = {file.path: file.defect for file in files(jsonl(tmp_path / "x.jsonl", rows))}
    assert found == wanted
    path = parquet(tmp_path / "x.parquet", [{"content": "x"}] * 5, row_group_size=2)
    assert [file.path for file in files(path)] == [f"x.parquet/{row}" for row in range(5)]


def test_times_in_every_form(tmp_path):
    noon = int(MAY.timestamp())
    times = {
        "2021-05-04T12:00:00Z": noon,
        "2021-05-04 14:00:00+02:00": noon,
        "2021-05-04 12:00:00": noon,
        noon: noon,
        noon + 0.5: noon,
        "yesterday": 0,
        "0001-01-01T00:00:00+14:00": 0,
        10**30: 0,
        True: 0,
        None: 0,
    }
    rows = [{"content": "x", "time": time} for time in times]
    assert [file.time for file in files(jsonl(tmp_path / "x.jsonl", rows))] == list(times.values())


def test_a_folder_of_tables(tmp_path):
    (tmp_path / "data/.cache").mkdir(parents=True)
    parquet(tmp_path / "data/b.parquet", [BARE | {"path": "b.py"}])
    jsonl(tmp_path / "a.jsonl", [BARE | {"path": "a.py"}, {"content": "x"}])
    jsonl(tmp_path / "data/.cache/c.jsonl", [BARE])
    (tmp_path / "dataset_infos.json").write_text("{}")
    (tmp_path / "README.md").write_text("# Data\n")
    assert list(read(tmp_path)) == ["a.py", "a.jsonl/2", "b.py"]


def test_json_counts_only_where_there_is_nothing_better():
    names = ["data/x.json", "data/dataset_infos.json", "y.json.gz", "README.md"]
    assert choose_tables(names) == ["data/x.json", "y.json.gz"]
    assert choose_tables([*names, "z.ndjson.zst"]) == ["z.ndjson.zst"]
    assert choose_tables(["Z.PARQUET", "a.jsonl", ".b.jsonl"]) == ["Z.PARQUET", "a.jsonl"]


def test_the_state_changes_with_the_files(tmp_path):
    parquet(tmp_path / "a.parquet", [BARE])
    before = source(tmp_path).state()
    assert source(tmp_path).state() == before
    os.utime(tmp_path / "a.parquet", ns=(1, 1))
    touched = source(tmp_path).state()
    parquet(tmp_path / "b.parquet", [BARE])
    assert len({before, touched, source(tmp_path).state()}) == 3


def test_what_is_said_of_the_whole(tmp_path):
    path = parquet(tmp_path / "a.parquet", [BARE])
    plain = source(path)
    assert (plain.repository, plain.revision, plain.licence) == ("a.parquet", "", "")
    told = TableSource("x", path, repository="the-stack", revision="v2", licence="MIT")
    assert (told.repository, told.revision, told.licence) == ("the-stack", "v2", "MIT")
    told.close()
