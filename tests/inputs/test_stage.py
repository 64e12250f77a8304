"""The stage: shards as the packer makes them, and a killed run that goes on to the same bytes."""

import numpy as np
import pytest

from codekiln.artifact import produce
from codekiln.corpus import documents
from codekiln.errors import ArtifactError
from codekiln.inputs import Packer, RowStore
from codekiln.inputs import stage as stage_module
from codekiln.inputs.stage import STAGE, InputsConfig
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer
from fakes import tokenized_corpus

SHARD = 4
CONFIG = InputsConfig(row_length=128, fim_rate=0.5, header_rate=0.5, seed=1)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    files = {
        f"package{n}/module.py": f"def function_{n}(value):\n    return '🎉{n}'\n" * (n + 1)
        for n in range(20)
    }
    return tokenized_corpus(folder, files, 320)


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    monkeypatch.setattr(stage_module, "SHARD_DOCUMENTS", SHARD)


def files_of(artifact):
    return {name: (artifact.path / name).read_bytes() for name in artifact.manifest["files"]}


def test_each_shard_is_packed_from_its_own_documents_alone(given, tmp_path):
    events = []
    with listening(events.append):
        artifact = produce(STAGE, CONFIG, given, tmp_path, "i")
    tokenizer = Tokenizer.load(given["tokenizer"].path)
    packers = {
        "train": Packer(tokenizer, 128, 0.5, 0.5, 1),
        "held_out": Packer(tokenizer, 128, 0.0, 1.0, 1),
    }
    names = set()
    for split, packer in packers.items():
        some = list(documents(given["corpus"], split))
        rows = []
        for number, start in enumerate(range(0, len(some), SHARD)):
            names.add(f"{split}-{number:05d}.npy")
            shard = np.load(artifact.file(f"{split}-{number:05d}.npy"), allow_pickle=False)
            assert shard.dtype == np.uint16
            assert shard.tolist() == list(packer.rows(some[start : start + SHARD]))
            rows += shard.tolist()
        assert artifact.statistics[split] == {
            "rows": len(rows),
            "padding_tokens": sum(row.count(4) for row in rows),
        }
        store = RowStore.of(artifact, split)
        assert store[np.arange(len(store))].tolist() == rows
    assert names == set(artifact.manifest["files"])
    assert len(names) > 4
    assert (events[-1].done, events[-1].total, events[-1].finished) == (20, 20, True)


@pytest.mark.parametrize("written", [0, 1, 3])
def test_a_killed_run_goes_on_to_the_same_bytes(given, tmp_path, monkeypatch, written):
    whole = produce(STAGE, CONFIG, given, tmp_path / "whole", "i")
    write, done = stage_module.write_shard, []

    def killed(path, array):
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(path.name)
        write(path, array)

    monkeypatch.setattr(stage_module, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        produce(STAGE, CONFIG, given, tmp_path / "cut", "i")
    again, events = [], []
    monkeypatch.setattr(
        stage_module, "write_shard", lambda p, c: (again.append(p.name), write(p, c))
    )
    with listening(events.append):
        resumed = produce(STAGE, CONFIG, given, tmp_path / "cut", "i")
    assert files_of(resumed) == files_of(whole)
    assert sorted(done + again) == sorted(whole.manifest["files"])
    assert resumed.statistics == whole.statistics
    assert events[-1].done == 20


@pytest.mark.parametrize(("vocabulary", "kind"), [(65_536, np.uint16), (65_537, np.uint32)])
def test_ids_take_four_bytes_only_where_two_are_too_few(
    given, tmp_path, monkeypatch, vocabulary, kind
):
    monkeypatch.setattr(Tokenizer, "vocabulary_size", property(lambda self: vocabulary))
    artifact = produce(STAGE, CONFIG, given, tmp_path, "i")
    for path in artifact.files("train-"):
        assert np.load(path, allow_pickle=False).dtype == kind


def test_another_seed_gives_other_rows(given, tmp_path):
    one = produce(STAGE, CONFIG, given, tmp_path, "i")
    other = produce(STAGE, InputsConfig(128, 0.5, 0.5, 2), given, tmp_path, "i")
    assert one.path != other.path
    assert files_of(one)["train-00000.npy"] != files_of(other)["train-00000.npy"]
    assert files_of(one)["held_out-00000.npy"] == files_of(other)["held_out-00000.npy"]


def test_a_shard_cut_short_in_an_unfinished_run_is_told(given, tmp_path):
    whole = produce(STAGE, CONFIG, given, tmp_path, "i")
    partial = whole.path.rename(whole.path.with_name(whole.path.name + ".partial"))
    (partial / "manifest.json").unlink()
    shard = partial / "train-00000.npy"
    shard.write_bytes(shard.read_bytes()[:-7])
    with pytest.raises(ArtifactError, match=r"damaged shard .* delete its folder and run again"):
        produce(STAGE, CONFIG, given, tmp_path, "i")
    assert not whole.path.exists()
