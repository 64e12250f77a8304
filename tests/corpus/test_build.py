"""The whole stage: counts reconcile, and a killed run resumes to the same bytes."""

import json
import os
import shutil

import pytest

from codekiln import telemetry
from codekiln.corpus import documents, rejected
from codekiln.corpus.collect import collection as collection_module
from codekiln.corpus.collect import listing as listing_module
from codekiln.corpus.collect.engine import Engine
from codekiln.errors import ArtifactError, CorpusError

CODE = """def {}(first, second):
    total = first + second
    return total * total
"""


@pytest.fixture
def messy(tmp_path):
    """Forty files of every fate, in chunks of seven."""
    root = tmp_path / "messy"
    for number in range(10):
        (root / f"p{number}").mkdir(parents=True)
        (root / f"p{number}/code.py").write_text(f"def f{number}():\n    return {number}\n")
        (root / f"p{number}/same.py").write_text("same = True\n")
        (root / f"p{number}/bad.py").write_bytes(b"\xff\xfe\0")
        (root / f"p{number}/link.py").symlink_to("code.py")
    return root


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(listing_module, "CHUNK_FILES", 7)
    monkeypatch.setattr(Engine, "round_bytes", 20)


def files_of(path):
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and file.name != "manifest.json"
    }


def test_every_file_is_accounted_for(make, messy):
    events = []
    with telemetry.listening(events.append):
        artifact = make(messy)
    figures = artifact.statistics
    on_disk = sum(len(files) for _, _, files in os.walk(messy))
    assert figures["seen"] == on_disk == 40
    assert figures["rejected"] == {"binary": 10, "duplicate": 9, "link": 10}
    assert figures["quarantined"] == 0
    assert figures["kept"] == 11 == 40 - sum(figures["rejected"].values())
    assert len(list(rejected(artifact))) == 29
    train, held = (list(documents(artifact, name)) for name in ("train", "held_out"))
    for name, rows in (("train", train), ("held_out", held)):
        size = sum(len(row.content.encode()) for row in rows)
        assert figures["splits"][name] == {"files": len(rows), "bytes": size}
    assert not {row.group for row in train} & {row.group for row in held}
    assert figures["languages"] == {"python": {"files": 11, "bytes": figures["bytes"]}}
    assert sum(sum(counts.values()) for counts in figures["funnel"].values()) == 40
    assert (events[-1].done, events[-1].total, events[-1].finished) == (1, 1, True)


def test_counts_that_do_not_reconcile_are_an_error(make, messy, monkeypatch):
    write = collection_module.write_chunk

    def losing(out, number, documents, signatures, left, quarantined):
        write(out, number, documents, signatures, left if number else left.slice(1), quarantined)

    monkeypatch.setattr(collection_module, "write_chunk", losing)
    with pytest.raises(CorpusError, match="40 files were listed but 39 accounted for"):
        make(messy)


@pytest.mark.parametrize("chunks", [0, 1, 3, 5])
def test_a_killed_run_resumes_to_the_same_bytes(make, messy, tmp_path, monkeypatch, chunks):
    whole = make(messy, work=tmp_path / "whole")
    write = collection_module.write_chunk

    def killed(out, number, *tables):
        if number == chunks:
            raise KeyboardInterrupt
        write(out, number, *tables)

    monkeypatch.setattr(collection_module, "write_chunk", killed)
    with pytest.raises(KeyboardInterrupt):
        make(messy)
    written = []
    monkeypatch.setattr(
        collection_module,
        "write_chunk",
        lambda out, number, *tables: (written.append(number), write(out, number, *tables)),
    )
    resumed = make(messy)
    assert written == list(range(chunks, 6))
    assert files_of(resumed.path) == files_of(whole.path)
    assert resumed.statistics == whole.statistics


def test_half_a_chunk_a_damaged_one_and_one_too_many_are_written_again(make, messy, tmp_path):
    whole = make(messy, work=tmp_path / "whole")
    (source,) = (tmp_path / "whole/source").glob("*[!k]")
    out = tmp_path / "work/source" / (source.name + ".partial")
    shutil.copytree(source, out)
    (out / "manifest.json").unlink()
    (out / "documents-00002.parquet").unlink()
    (out / "rejected-00004.parquet").write_bytes(b"not parquet")
    shutil.copy(out / "documents-00001.parquet", out / "documents-00006.parquet")
    assert files_of(make(messy).path) == files_of(whole.path)


def test_a_changed_file_makes_another_corpus(make, messy):
    artifact = make(messy)
    assert make(messy).path == artifact.path
    (messy / "p0/code.py").write_text("changed = 1\n")
    assert make(messy).path != artifact.path


def test_only_new_sources_are_cleaned(make, messy, folder, monkeypatch):
    cleaned = []
    clean = Engine.clean
    monkeypatch.setattr(
        Engine, "clean", lambda self, files: (cleaned.append(files), clean(self, files))[1]
    )
    first = make(messy)
    before = sum(files.num_rows for files in cleaned)
    both = make(messy, folder)
    assert sum(files.num_rows for files in cleaned) - before == 2
    assert both.statistics["kept"] == first.statistics["kept"] + 2


def test_duplicates_are_found_across_sources(make, messy, folder):
    (folder / "same.py").write_text("same = True\n")
    for file in messy.rglob("same.py"):
        os.utime(file, (1, 1))
    artifact = make(folder, messy)
    details = {row.detail for row in rejected(artifact) if row.reason == "duplicate"}
    assert details == {f"same as own:{folder}/same.py"}
    split = json.loads(artifact.file("split.json").read_text())
    assert {name.partition("#")[0] for name in split["groups"]} == {f"own:{folder}", f"own:{messy}"}


def test_one_single_module_cannot_be_split(make, folder):
    (folder / "two.py").unlink()
    with pytest.raises(CorpusError, match="add a second file"):
        make(folder)


def test_a_damaged_corpus_is_refused(make, messy):
    artifact = make(messy)
    path = artifact.files("0000/documents-")[0]
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-9] + b"\0" * 9)
    with pytest.raises(ArtifactError, match="delete its folder"):
        list(documents(artifact, "train"))


def test_files_that_break_their_rules_are_quarantined(make, messy, monkeypatch):
    """One file in ten fails in a way nobody foresaw: the build goes on, and the sums are right."""
    from codekiln.corpus.cleaning import Cleaner

    clean = Cleaner.clean

    def failing(self, raw):
        if raw.path == "p3/code.py":
            raise RuntimeError("not foreseen")
        return clean(self, raw)

    monkeypatch.setattr(Cleaner, "clean", failing)
    artifact = make(messy)
    figures = artifact.statistics
    assert figures["quarantined"] == 1
    assert figures["kept"] + sum(figures["rejected"].values()) + 1 == figures["seen"] == 40
    (lost,) = [row for row in rejected(artifact) if row.reason == "quarantined"]
    assert (lost.path, lost.detail) == ("p3/code.py", "RuntimeError: not foreseen")


def test_code_of_no_known_licence_is_left_out_unless_it_is_own(make, folder):
    with pytest.raises(CorpusError, match="write 'own:' before the source"):
        make(folder, own=False)
    assert make(folder).statistics["licences_from"] == {"own": {"files": 2, "bytes": 48}}
    (folder / "one.py").write_text("# SPDX-License-Identifier: MIT\n" + CODE.format("one"))
    (folder / "two.py").write_text("# SPDX-License-Identifier: GPL-3.0-only\n" + CODE.format("two"))
    (folder / "three.py").write_text(
        "# SPDX-License-Identifier: Apache-2.0\n" + CODE.format("three")
    )
    artifact = make(folder, own=False)
    assert artifact.statistics["rejected"] == {"licence-not-allowed": 1}
    assert set(artifact.statistics["licences"]) == {"MIT", "Apache-2.0"}


def test_the_standard_library_reconciles(make, monkeypatch):
    monkeypatch.undo()
    artifact = make("stdlib:", own=False, near_duplicates=0.7)
    figures = artifact.statistics
    assert figures["seen"] == figures["kept"] + sum(figures["rejected"].values())
    assert figures["kept"] > 500
    assert set(figures["licences"]) >= {"PSF-2.0"}
    assert not {row.reason for row in rejected(artifact)} & {"unreadable", "not-utf8"}
    held = {row.path for row in documents(artifact, "held_out")}
    assert 0.02 < figures["splits"]["held_out"]["bytes"] / figures["bytes"] <= 0.1
    train = {row.path.split("/")[0] for row in documents(artifact, "train")}
    # the library as Python itself knows it: whole top-level packages
    assert not {path.split("/")[0] for path in held} & train
