"""`complete` and `inspect` on models that must not be used, and on places that are none."""

import hashlib

import pytest

from cli.refusals import assert_refused, assert_refused_as_json
from codekiln.artifact import read_sealed, write_sealed
from fakes import tiny_tokenizer

pytestmark = pytest.mark.slow  # whichever comes first waits for the run


@pytest.fixture
def complete(codekiln, tmp_path):
    source = tmp_path / "source.py"
    source.write_text("import json\nprint(json)\n")
    return lambda model, *more: codekiln(
        "complete", source, "--line", 2, "--model", model, "--max-tokens", 3, *more
    )


def put(model, name, content, *, told=False):
    """Replace a file of a model; with `told`, its manifest too, as a forger would."""
    (model / name).write_bytes(content)
    if told:
        manifest = read_sealed(model / "manifest.json")
        digest = hashlib.sha256(content).hexdigest()
        manifest["files"][name] = {"bytes": len(content), "sha256": digest}
        write_sealed(model / "manifest.json", manifest)


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_copy_of_a_whole_model_completes(complete, model, finished):
    found = [complete(folder, "--json").json for folder in (model, finished.model)]
    assert found[0]["token_ids"] == found[1]["token_ids"]


def test_a_missing_folder(complete, tmp_path):
    assert_refused(complete(tmp_path / "none"), 1, "is no artifact", "give the folder")


def test_a_file_for_a_folder(complete, model):
    assert_refused(complete(model / "model.safetensors"), 1, "is no artifact", "give the folder")


def test_another_artifact(complete, finished):
    (corpus,) = (path for path in (finished.work / "corpus").iterdir() if path.is_dir())
    assert_refused(complete(corpus), 1, "an artifact of 'corpus', but 'model' is needed")


def test_an_unfinished_model(complete, model):
    partial = model.rename(model.with_name(model.name + ".partial"))
    assert_refused(complete(partial), 1, "is not finished: run the same recipe again")


def test_a_model_without_a_manifest(complete, model):
    (model / "manifest.json").unlink()
    assert_refused(complete(model), 1, "is no artifact")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"schema": 1}', b"\xff"])
def test_a_damaged_manifest(complete, model, content):
    (model / "manifest.json").write_bytes(content)
    assert_refused(complete(model), 1, "is damaged", "run the recipe again")


@pytest.mark.parametrize("told", [False, True])
def test_truncated_weights(complete, model, told):
    content = (model / "model.safetensors").read_bytes()
    put(model, "model.safetensors", content[:-1000], told=told)
    assert_refused(complete(model), 1, "damaged", "again")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_one_bit_of_the_weights(complete, model, share):
    content = (model / "model.safetensors").read_bytes()
    put(model, "model.safetensors", flipped(content, int(share * 8 * len(content))))
    assert_refused(complete(model), 1, "model.safetensors is not what was written")


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_lost_file(complete, model, name):
    (model / name).unlink()
    assert_refused(complete(model), 1, f"{name} is missing", "run the recipe again")


@pytest.mark.parametrize(
    ("told", "words"), [(False, ["tokenizer.json"]), (True, ["another tokenizer: use its own"])]
)
def test_another_tokenizer(complete, model, told, words):
    put(model, "tokenizer.json", tiny_tokenizer().definition.encode(), told=told)
    assert_refused(complete(model), 1, *words)


def test_no_tokenizer_at_all(complete, model):
    put(model, "tokenizer.json", b"{}", told=True)
    assert_refused(complete(model), 1, "rebuild it")


def test_a_refused_model_is_json_where_that_was_asked_for(complete, model):
    put(model, "tokenizer.json", tiny_tokenizer().definition.encode(), told=True)
    assert_refused_as_json(complete(model, "--json"), 1, "ModelError", "use its own")


def test_inspecting_a_damaged_model(codekiln, model):
    content = (model / "model.safetensors").read_bytes()
    assert codekiln("inspect", model).code == 0
    put(model, "model.safetensors", flipped(content, 9_999))
    assert_refused(codekiln("inspect", model), 1, "model.safetensors is not what was written")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--line", "4"], ["has 2 lines", "--line 4 is past its end"]),
        (["--line", "0"], ["lines count from 1"]),
        (["--line", "1", "--column", "99"], ["--column 99 is past its end"]),
        (["--line", "1", "--column", "0"], ["columns count from 1"]),
        ([], ["--line"]),
        (["--line", "1", "--lines", "-1"], ["'--lines'", "greater than or equal to 0"]),
        (["--line", "1", "--max-tokens", "0"], ["max_tokens"]),
        (["--line", "1", "--temperature", "-1"], ["temperature"]),
        (["--line", "1", "--top-p", "2"], ["top_p"]),
    ],
)
def test_a_request_out_of_bounds(codekiln, finished, tmp_path, arguments, words):
    source = tmp_path / "source.py"
    source.write_text("import json\nprint(json)\n")
    result = codekiln("complete", source, "--model", finished.model, *arguments)
    assert_refused(result, 2, *words)


def test_sources_that_cannot_be_read(codekiln, finished, tmp_path):
    (tmp_path / "binary").write_bytes(b"a\0b")
    (tmp_path / "latin").write_bytes("é\n".encode("latin-1"))
    model = ["--model", finished.model]
    for name, word in (("none", "There is no file"), ("binary", "binary"), ("latin", "UTF-8")):
        assert_refused(codekiln("complete", tmp_path / name, "--line", 1, *model), 2, word)
        assert_refused(codekiln("complete", "--prefix-file", tmp_path / name, *model), 2, word)
    assert_refused(codekiln("complete", *model, stdin=b"\xff\xfe"), 2, "stdin is not UTF-8")
    assert_refused(codekiln("complete", "--line", 1, *model), 2, "need a FILE")
