"""The stage: whole documents in shards, a killed run that goes on, and what cannot be opened."""

import numpy as np
import pytest

from codekiln.artifact import produce
from codekiln.corpus import documents
from codekiln.errors import ArtifactError
from codekiln.index import Index, Shard
from codekiln.index import shard as shard_module
from codekiln.index.stage import STAGE, IndexConfig
from codekiln.telemetry import listening
from codekiln.tokenizer import Tokenizer, train_bpe
from fakes import tokenized_corpus
from index.test_index import expect

CONFIG = IndexConfig(shard_tokens=400)


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    files = {
        f"package{n}/module.py": f"def function_{n}(value):\n    return 'ü🎉{n}'\n" * (n + 1)
        for n in range(20)
    }
    return tokenized_corpus(folder, files, 320)


@pytest.fixture
def tokenizer(given):
    return Tokenizer.load(given["tokenizer"].path)


@pytest.fixture
def texts(given, tokenizer):
    return [tokenizer.encode(document.content) for document in documents(given["corpus"], "train")]


def files_of(artifact):
    return {name: (artifact.path / name).read_bytes() for name in artifact.manifest["files"]}


def test_every_document_of_the_training_split_is_in_one_shard(given, tokenizer, texts, tmp_path):
    events = []
    with listening(events.append):
        artifact = produce(STAGE, CONFIG, given, tmp_path, "i")
    index = Index.open(artifact.path, tokenizer)
    assert len(index.shards) == artifact.statistics["shards"] > 2
    assert artifact.statistics["documents"] == len(texts) == events[-1].done
    assert index.tokens == artifact.statistics["tokens"] == sum(len(ids) + 1 for ids in texts)
    found = []
    for shard in index.shards:
        assert len(shard) <= 400 or len(shard.starts) == 1
        for number, start in enumerate(shard.starts.tolist()):
            end = start + shard.tokens[start:].tolist().index(tokenizer.end)
            found.append((shard.origins[number], shard.tokens[start:end].tolist()))
    for (origin, ids), document, expected in zip(
        found, documents(given["corpus"], "train"), texts, strict=True
    ):
        assert ids == expected
        assert origin.path == document.path
        assert origin.sha256 == document.sha256
        assert origin.licence == document.licence


def test_what_is_on_disk_answers_as_a_search_through_every_place(given, tokenizer, texts, tmp_path):
    index = Index.open(produce(STAGE, CONFIG, given, tmp_path, "i").path, tokenizer)
    context = tokenizer.encode("def function_3(value):\n    return 'ü🎉5")
    for stop in range(len(context) + 1):
        expect(index, texts, context[:stop])
    expect(index, texts, [*context, tokenizer.end])
    expect(index, texts, [*context, tokenizer.end, *context[:3]])


def test_a_killed_run_goes_on_to_the_same_bytes(given, tmp_path, monkeypatch):
    whole = produce(STAGE, CONFIG, given, tmp_path / "whole", "i")
    written = []
    write = shard_module.Shard.write

    def killed_at_the_third(shard, folder):
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(folder.name)
        write(shard, folder)

    with monkeypatch.context() as patch:
        patch.setattr(shard_module.Shard, "write", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            produce(STAGE, CONFIG, given, tmp_path / "killed", "i")
    with monkeypatch.context() as patch:
        patch.setattr(
            shard_module.Shard, "write", lambda s, f: (written.append(f.name), write(s, f))[1]
        )
        killed = produce(STAGE, CONFIG, given, tmp_path / "killed", "i")
    assert files_of(killed) == files_of(whole)
    assert len(written) == len(set(written))


def test_a_token_knows_its_line(given, tokenizer, tmp_path):
    index = Index.open(produce(STAGE, CONFIG, given, tmp_path, "i").path, tokenizer)
    contents = {document.path: document.content for document in documents(given["corpus"], "train")}
    for shard in index.shards:
        for position in range(0, len(shard), 7):
            place = index.place(shard, position)
            start = int(shard.starts[shard.documents_of(position)])
            before = tokenizer.decode(shard.tokens[start:position].tolist())
            content = contents[place.origin.path]
            assert content.startswith(before.rstrip("\ufffd"))
            assert place.line == content[: len(before)].count("\n") + 1


def test_an_index_of_another_tokenizer_is_refused(given, tokenizer, tmp_path):
    path = produce(STAGE, CONFIG, given, tmp_path, "i").path
    Index.open(path, tokenizer)
    with pytest.raises(ArtifactError, match="another tokenizer: build an index with this model's"):
        Index.open(path, train_bpe(iter(["other texts"]), 300))


@pytest.mark.parametrize("name", ["tokens.npy", "suffixes.npy", "starts.npy", "origins.jsonl"])
@pytest.mark.parametrize("size", [0, 10, -4])
def test_a_shard_that_was_cut_short_is_refused(given, tokenizer, tmp_path, name, size):
    artifact = produce(STAGE, CONFIG, given, tmp_path, "i")
    file = artifact.path / "shard-00001" / name
    content = file.read_bytes()
    file.write_bytes(content[:size])
    with pytest.raises(ArtifactError, match=f"{name} is missing or cut short"):
        Index.open(artifact.path, tokenizer)
    with pytest.raises(ArtifactError, match="damaged"):
        Shard.open(file.parent, tokenizer)
    file.write_bytes(content)
    assert Index.open(artifact.path, tokenizer).tokens == artifact.statistics["tokens"]


def test_a_shard_of_files_that_disagree_is_refused(given, tokenizer, tmp_path):
    artifact = produce(STAGE, CONFIG, given, tmp_path, "i")
    file = artifact.path / "shard-00001" / "suffixes.npy"
    np.save(file, np.load(file)[:-1])
    with pytest.raises(ArtifactError, match="its files disagree"):
        Shard.open(file.parent, tokenizer)
