"""The whole stage: counts reconcile, and a killed run resumes to the same bytes."""

import gzip
import json
import os
import time

import pytest

from codekiln import telemetry
from codekiln.artifact import produce
from codekiln.corpus import (
    STAGE,
    CorpusConfig,
    documents,
    rejected,
    source_states,
)
from codekiln.corpus import stage as stage_module
from codekiln.errors import ArtifactError, CorpusError


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
    monkeypatch.setattr(stage_module, "CHUNK", 7)


def files_of(path):
    return {file.name: file.read_bytes() for file in path.iterdir() if file.name != "manifest.json"}


def test_every_file_is_accounted_for(make, messy):
    events = []
    with telemetry.listening(events.append):
        artifact = make(messy)
    figures = artifact.statistics
    on_disk = sum(len(files) for _, _, files in os.walk(messy))
    assert figures["seen"] == on_disk == 40
    assert figures["rejected"] == {"binary": 10, "duplicate": 9, "link": 10}
    assert figures["kept"] == 11 == 40 - sum(figures["rejected"].values())
    assert len(list(rejected(artifact))) == 29
    train, held = (list(documents(artifact, name)) for name in ("train", "held_out"))
    for name, rows in (("train", train), ("held_out", held)):
        size = sum(len(row.content.encode()) for row in rows)
        assert figures["splits"][name] == {"files": len(rows), "bytes": size}
    assert not {row.group for row in train} & {row.group for row in held}
    assert figures["languages"] == {"python": {"files": 11, "bytes": figures["bytes"]}}
    assert (events[-1].done, events[-1].total, events[-1].finished) == (40, 40, True)


def test_counts_that_do_not_reconcile_are_an_error(make, messy, monkeypatch):
    add = stage_module.Tally.add
    lost = iter([True])
    monkeypatch.setattr(
        stage_module.Tally,
        "add",
        lambda self, outcome: outcome if next(lost, False) else add(self, outcome),
    )
    with pytest.raises(CorpusError, match="40 files were listed but 39 accounted for"):
        make(messy)


@pytest.mark.parametrize("chunks", [0, 1, 3, 5])
def test_a_killed_run_resumes_to_the_same_bytes(make, messy, tmp_path, monkeypatch, chunks):
    whole = make(messy, work=tmp_path / "whole")
    write = stage_module.write_chunk

    def killed(out, number, outcomes):
        if number == chunks:
            raise KeyboardInterrupt
        write(out, number, outcomes)

    monkeypatch.setattr(stage_module, "write_chunk", killed)
    with pytest.raises(KeyboardInterrupt):
        make(messy)
    written = []
    monkeypatch.setattr(
        stage_module, "write_chunk", lambda out, n, rows: (written.append(n), write(out, n, rows))
    )
    resumed = make(messy)
    assert written == list(range(chunks, 6))
    assert files_of(resumed.path) == files_of(whole.path)
    assert resumed.statistics == whole.statistics


def test_half_a_chunk_a_damaged_one_and_one_too_many_are_written_again(make, messy, tmp_path):
    whole = make(messy, work=tmp_path / "whole")
    out = tmp_path / "work/corpus" / (whole.path.name + ".partial")
    out.mkdir(parents=True)
    for name, content in files_of(whole.path).items():
        (out / name).write_bytes(content)
    (out / "documents-00002.jsonl.gz").unlink()
    (out / "rejected-00004.jsonl.gz").write_bytes(b"not gzip")
    (out / "documents-00006.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    assert files_of(make(messy).path) == files_of(whole.path)


def test_a_changed_file_makes_another_corpus(make, messy):
    config = CorpusConfig(sources=(str(messy),))
    before, artifact = source_states(config), make(messy)
    assert make(messy).path == artifact.path
    (messy / "p0/code.py").write_text("changed = 1\n")
    assert source_states(config) != before
    assert make(messy).path != artifact.path


def test_duplicates_are_found_across_sources(make, messy, folder):
    (folder / "same.py").write_text("same = True\n")
    artifact = make(folder, messy)
    details = {row.detail for row in rejected(artifact) if row.reason == "duplicate"}
    assert details == {f"same as {folder}/same.py"}
    split = json.loads(artifact.file("split.json").read_text())
    assert {group.partition("#")[0] for group in split["groups"]} == {str(folder), str(messy)}


def test_one_single_module_cannot_be_split(make, folder):
    (folder / "two.py").unlink()
    with pytest.raises(CorpusError, match="add a second file"):
        make(folder)


def test_a_damaged_corpus_is_refused(make, messy):
    artifact = make(messy)
    path = artifact.files("documents-")[0]
    path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    with pytest.raises(ArtifactError, match="delete its folder"):
        list(documents(artifact, "train"))


def test_the_standard_library_reconciles(tmp_path, monkeypatch):
    monkeypatch.undo()
    config = CorpusConfig(sources=("stdlib:",))
    begun = time.monotonic()
    artifact = produce(STAGE, config, {}, tmp_path, "stdlib", source_states(config))
    assert time.monotonic() - begun < 60
    figures = artifact.statistics
    assert figures["seen"] == figures["kept"] + sum(figures["rejected"].values())
    assert figures["kept"] > 500
    assert not {row.reason for row in rejected(artifact)} & {"unreadable", "not-utf8"}
    held = {row.path for row in documents(artifact, "held_out")}
    assert 0.02 < figures["splits"]["held_out"]["bytes"] / figures["bytes"] <= 0.1
    for path in held:  # the library as Python itself knows it: whole top-level packages
        package = path.split("/")[0]
        train = {row.path for row in documents(artifact, "train")}
        assert not [other for other in train if other.split("/")[0] == package]
