import sys
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from codekiln.artifact import Stage, produce
from codekiln.errors import ArtifactError, MissingExtraError, ModelError
from codekiln.generate.loading import model_folder
from codekiln.serve.embedder import load_embedder
from codekiln.serve.http import create_app
from fakes import tiny_tokenizer
from serve.http.assistants import assistant

pytest.importorskip("torch")

from codekiln.model.encoder import load_encoder
from training.encoder_rows import LENGTH, make_model, write_segments

TOKENIZER = tiny_tokenizer()
TEXTS = ["def add(first, second):", "", "for item in items:\n" * 20]


def write_tokenizer(config, inputs, out):
    (out / "tokenizer.json").write_text(TOKENIZER.definition)
    return {}


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory):
    work = tmp_path_factory.mktemp("work")
    stages = {"tokenizer": write_tokenizer, "segments": write_segments}
    rows = {
        name: produce(Stage(name, 1, build), {}, {}, work, "t") for name, build in stages.items()
    }
    return make_model(rows, work).path


def test_vectors_are_the_encoders(folder):
    embedder = load_embedder(folder)
    assert embedder.name == folder.name
    found = embedder.embed(TEXTS)
    ids = [TOKENIZER.encode(text) for text in TEXTS]
    assert np.allclose(found.vectors, load_encoder(folder).embed(ids), atol=1e-6)
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    lengths = [len(one) + 2 for one in ids]
    assert lengths[2] > LENGTH
    assert found.tokens == lengths[0] + lengths[1] + LENGTH  # the long one is cut


def test_the_server_tells_them(folder):
    made = assistant("x", embedder=load_embedder(folder))
    with TestClient(create_app(made), base_url="http://127.0.0.1") as client:
        told = client.post("/v1/embeddings", json={"input": TEXTS, "model": folder.name}).json()
        one = client.post("/api/embed", json={"input": TEXTS[0], "model": folder.name}).json()
    expected = load_embedder(folder).embed(TEXTS).vectors
    assert np.allclose([data["embedding"] for data in told["data"]], expected, atol=1e-6)
    assert np.allclose(one["embeddings"], expected[:1], atol=1e-6)


def test_what_is_no_encoder_is_refused(folder, tmp_path, monkeypatch):
    with pytest.raises(ArtifactError):
        load_embedder(tmp_path)
    with pytest.raises(ModelError):
        load_embedder(model_folder(Path("starter")))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"Running an encoder needs the extra 'train'"):
        load_embedder(folder)
