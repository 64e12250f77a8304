"""`pull` and `export` from the command line: what is taken in completes, what is given out is told."""

import pytest
import safetensors.torch

from cli.refusals import assert_refused, assert_refused_as_json
from foreign_tokenizers import foreign, smollm
from model.shapes import LLAMA, random_model
from model_artifacts import fill, model_artifact, sized


@pytest.fixture
def theirs(tmp_path):
    """A folder as the hub has it."""
    tokenizer = foreign(smollm(), "<|im_end|>")
    fill(tmp_path / "theirs", random_model(sized(LLAMA, tokenizer)), tokenizer)
    return tmp_path / "theirs"


def test_what_was_pulled_completes_and_is_given_out(codekiln, theirs, tmp_path):
    pulled = codekiln("pull", theirs, "--work", tmp_path / "work", "--json").json
    assert pulled["statistics"]["family"] == "llama"
    assert {name.partition(":")[0] for name in pulled["sources"]} == {"disk"}
    model = ["--model", pulled["artifact"]]
    source = tmp_path / "a.py"
    source.write_text("def f(x):\n    return x\n")
    found = codekiln("complete", source, "--line", 1, *model, "--max-tokens", 3, "--json").json
    assert found["token_ids"]
    whole = codekiln("inspect", pulled["artifact"], "--json").json
    assert whole["sources"] == pulled["sources"]
    for form, out in (("hf", tmp_path / "folder"), ("gguf", tmp_path / "a.gguf")):
        made = codekiln("export", pulled["artifact"], out, "--format", form, "--json").json
        assert made["path"] == str(out)
        assert made["parameters"] == pulled["statistics"]["parameters"]
    assert safetensors.torch.load_file(tmp_path / "folder" / "model.safetensors")


def test_on_a_terminal_they_say_where(codekiln, theirs, tmp_path):
    result = codekiln("pull", theirs, "--work", tmp_path / "work")
    assert result.code == 0
    assert "family llama" in result.out
    path = result.out.splitlines()[-1].strip()
    result = codekiln("export", path, tmp_path / "a.gguf", "--format", "gguf", "--type", "q8_0")
    assert "in q8_0" in result.out
    assert str(tmp_path / "a.gguf") in result.out


def test_what_cannot_be_pulled(codekiln, theirs, tmp_path):
    work = ["--work", tmp_path / "work"]
    assert_refused(
        codekiln("pull", "nothing", *work), 2, "There is no model 'nothing'", "known are"
    )
    (theirs / "model.safetensors").unlink()
    (theirs / "pytorch_model.bin").write_bytes(b"")
    assert_refused(codekiln("pull", theirs, *work), 1, "pickled", "take the model as safetensors")
    result = codekiln("pull", theirs, *work, "--json")
    assert_refused_as_json(result, 1, "ModelError", "pickled")


def test_what_cannot_be_exported(codekiln, tmp_path):
    model = model_artifact(tmp_path / "work").path
    out = tmp_path / "out"
    nowhere = codekiln("export", tmp_path / "none", out, "--format", "hf")
    assert_refused(nowhere, 1, "is no artifact")
    typed = codekiln("export", model, out, "--format", "hf", "--type", "q8_0")
    assert_refused(typed, 2, "--type is for --format gguf")
    assert_refused(codekiln("export", model, tmp_path, "--format", "gguf"), 2, "is there already")
    assert_refused(codekiln("export", model, out), 2, "--format")
    assert_refused(codekiln("export", model, out, "--format", "onnx"), 2, "'onnx'")
    assert not out.exists()
