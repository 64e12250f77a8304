"""Reading artifacts back: what is in them, and that damage is told."""

import json

import pytest

from codekiln.artifact import Stage, produce, read_sealed, write_sealed
from codekiln.corpus import CorpusConfig, build_corpus
from codekiln.errors import ArtifactError
from codekiln.pipeline.inspect import SAMPLES, inspect_artifact


def build(config, inputs, out):
    (out / "data.bin").write_bytes(b"12345")
    return {"count": 5}


@pytest.fixture
def artifact(tmp_path):
    first = produce(Stage("first", 1, build), {"a": 1}, {}, tmp_path, "x")
    return produce(Stage("second", 1, build), {"b": 2}, {"first": first}, tmp_path, "x")


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "code"
    root.mkdir()
    for number in range(6):
        (root / f"good{number}.py").write_text(f"def f{number}():\n    return {number}\n")
        (root / f"same{number}.py").write_text("same = True\n")
        (root / f"bad{number}.py").write_bytes(b"\xff\xfe\0")
    config = CorpusConfig(sources=(f"own:{root}",), near_duplicates=1.0)
    return build_corpus(config, tmp_path / "work", "c")


def test_an_artifact_is_told_as_json(artifact):
    plain = json.loads(json.dumps(inspect_artifact(artifact.path).plain()))
    assert plain["stage"] == "second"
    assert plain["name"] == "x"
    assert plain["fingerprint"] == artifact.fingerprint
    assert plain["inputs"] == artifact.manifest["inputs"]
    assert plain["config"] == {"b": 2}
    assert plain["files"] == {"data.bin": 5}
    assert plain["statistics"] == {"count": 5}
    assert "rejections" not in plain
    assert "sources" not in plain


def test_a_corpus_shows_a_few_rejections_for_each_reason(corpus):
    inspection = inspect_artifact(corpus.path)
    assert set(inspection.rejections) == set(corpus.statistics["rejected"])
    assert {reason: len(samples) for reason, samples in inspection.rejections.items()} == {
        reason: min(SAMPLES, count) for reason, count in corpus.statistics["rejected"].items()
    }
    sample = inspection.rejections["duplicate"][0]
    assert sample["path"] == "same1.py"
    assert sample["detail"].endswith("same0.py")
    json.dumps(inspection.plain())


def test_a_changed_byte_is_told(artifact):
    (artifact.path / "data.bin").write_bytes(b"1234X")
    with pytest.raises(ArtifactError, match=r"data\.bin is not what was written"):
        inspect_artifact(artifact.path)


def test_a_manifest_without_a_part_is_told(artifact):
    path = artifact.path / "manifest.json"
    manifest = read_sealed(path)
    del manifest["fingerprint"]
    write_sealed(path, manifest)
    with pytest.raises(ArtifactError, match="lacks 'fingerprint'"):
        inspect_artifact(artifact.path)


def test_a_folder_that_is_no_artifact_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="is no artifact"):
        inspect_artifact(tmp_path)
