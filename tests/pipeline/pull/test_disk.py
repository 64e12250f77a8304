"""Models on the disk, whole or damaged: each becomes an artifact, or a sentence that says why not."""

import json
import pickle
import shutil

import pytest
import torch

from codekiln.errors import CodekilnError, ModelError, SourceError
from codekiln.generate.loading import load_engine
from codekiln.model.weights import load_model, read_tensors, write_tensors
from codekiln.pipeline.export import export
from codekiln.pipeline.pull import pull
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, llama3, qwen2, smollm
from model.gguf.exported import FAMILIES
from model.gguf.exported import export as write_gguf
from model.shapes import GROUPED, LLAMA, LLAMA_3, QWEN_2, all_logits, random_ids, random_model
from model_artifacts import fill, model_artifact, sized

FOREIGN = {
    "smollm": (LLAMA, foreign(smollm(), "<|im_end|>")),
    "qwen2": (QWEN_2, foreign(qwen2(), "<|endoftext|>")),
    "llama3": (LLAMA_3, foreign(llama3(), "<|eot_id|>")),
}
IDS = random_ids(1, 60)


@pytest.fixture
def folder(tmp_path):
    """A folder as the hub has it, of the family of Qwen2."""
    config, tokenizer = FOREIGN["qwen2"]
    fill(tmp_path / "theirs", random_model(sized(config, tokenizer)), tokenizer)
    return tmp_path / "theirs"


def refuse(model, work, words, error=ModelError):
    with pytest.raises(error, match=words) as caught:
        pull(str(model), work)
    assert isinstance(caught.value, CodekilnError)
    assert "\n" not in str(caught.value)
    assert not list(work.rglob("manifest.json"))


def change(path, **entries):
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


@pytest.mark.parametrize("name", FOREIGN)
def test_a_folder_becomes_a_model(name, tmp_path):
    config, tokenizer = FOREIGN[name]
    model = random_model(sized(config, tokenizer))
    fill(tmp_path / "theirs", model, tokenizer)
    made = pull(str(tmp_path / "theirs"), tmp_path / "work")
    assert made.path.name.startswith("theirs-")
    found = Tokenizer.load(made.path)
    assert (found.opening, found.ends) == (tokenizer.opening, tokenizer.ends)
    assert torch.equal(
        all_logits(load_model(made.path, found.fingerprint), IDS), all_logits(model, IDS)
    )
    assert load_engine(made.path).vocabulary == model.config.vocabulary


def test_a_model_that_was_moved_is_the_same(folder, tmp_path):
    made = pull(str(folder), tmp_path / "work")
    moved = folder.rename(tmp_path / "elsewhere").rename(tmp_path / "theirs")
    assert pull(str(moved), tmp_path / "work").manifest["sources"] == made.manifest["sources"]
    shutil.rmtree(moved)
    made.verify()


def test_a_file_becomes_a_model(tmp_path):
    model = write_gguf(tmp_path, FAMILIES[0])
    made = pull(str(tmp_path / "model.gguf"), tmp_path / "work")
    found = load_model(made.path, Tokenizer.load(made.path).fingerprint)
    assert (all_logits(found, IDS) - all_logits(model, IDS)).abs().max() < 0.02


@pytest.mark.parametrize("form", ["hf", "gguf"])
def test_what_we_export_can_be_taken_in_again(form, tmp_path):
    artifact = model_artifact(tmp_path / "first")
    out = tmp_path / ("out" if form == "hf" else "out.gguf")
    export(artifact.path, out, form)
    made = pull(str(out), tmp_path / "second")
    tokenizer = Tokenizer.load(made.path)
    assert tokenizer.native
    assert tokenizer.encode("a = 1\n") == tiny_tokenizer().encode("a = 1\n")


def test_weights_in_parts_are_taken_together(folder, tmp_path):
    whole = pull(str(folder), tmp_path / "first")
    tensors = read_tensors(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    parts = {f"model-0000{n}-of-00002.safetensors": names[n - 1 :: 2] for n in (1, 2)}
    for part, its in parts.items():
        write_tensors(folder / part, {name: tensors[name] for name in its})
    index = {"weight_map": {name: part for part, its in parts.items() for name in its}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    made = pull(str(folder), tmp_path / "second")
    assert len([name for name in made.manifest["files"] if "-of-" in name]) == 2
    fingerprint = Tokenizer.load(made.path).fingerprint
    found, expected = (load_model(artifact.path, fingerprint) for artifact in (made, whole))
    assert torch.equal(all_logits(found, IDS), all_logits(expected, IDS))


def test_a_template_beside_the_settings_is_kept(folder, tmp_path):
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    made = pull(str(folder), tmp_path / "work")
    assert Tokenizer.load(made.path).settings["chat_template"] == "{{ messages }}"


# --- what is refused -------------------------------------------------------------------------


def test_a_name_of_nothing(tmp_path):
    refuse(
        "no-such-model", tmp_path / "work", "known are smollm2-135m-instruct-q4_1; or", SourceError
    )


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
def test_a_folder_that_lacks_a_file(folder, name, tmp_path):
    (folder / name).unlink()
    refuse(folder, tmp_path / "work", f"holds no {name}: give the folder of a whole model")


def test_a_file_of_another_kind(folder, tmp_path):
    refuse(folder / "model.safetensors", tmp_path / "work", "give a .gguf file or a folder")


def test_pickled_weights(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({}))
    refuse(folder, tmp_path / "work", r"pickled .pytorch_model\.bin.*take the model as safetensors")


def test_no_weights(folder, tmp_path):
    (folder / "model.safetensors").unlink()
    refuse(folder, tmp_path / "work", r"model\.safetensors is missing")


def test_a_corrupt_header_of_safetensors(folder, tmp_path):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[8:16] = b"not json"
    path.write_bytes(content)
    refuse(folder, tmp_path / "work", r"model\.safetensors is damaged")


def test_a_checkpoint_of_another_shape(folder, tmp_path):
    change(folder / "config.json", intermediate_size=128)
    refuse(folder, tmp_path / "work", r"gate_proj\.weight is \[96, 64\] and should be \[128, 64\]")


def test_a_vocabulary_that_does_not_fit(folder, tmp_path):
    bigger = foreign(smollm(), "<|im_end|>")
    config = sized(QWEN_2, bigger)
    model = random_model(
        config.__class__(**vars(config) | {"vocabulary": bigger.vocabulary_size - 1})
    )
    fill(folder, model, bigger)
    words = (
        rf"{model.config.vocabulary} ids and its tokenizer {bigger.vocabulary_size}: they do not"
    )
    refuse(folder, tmp_path / "work", words)


def test_an_architecture_that_we_do_not_compute(folder, tmp_path):
    change(folder / "config.json", use_sliding_window=True)
    refuse(folder, tmp_path / "work", "a sliding window.*take another model")


def test_a_tokenizer_that_does_not_say_where_it_ends(folder, tmp_path):
    (folder / "tokenizer_config.json").unlink()
    refuse(folder, tmp_path / "work", "has no end token")
    (folder / "tokenizer_config.json").write_text("[]")
    refuse(folder, tmp_path / "work", "no JSON object")
    (folder / "tokenizer_config.json").write_text("{")
    refuse(folder, tmp_path / "work", r"tokenizer_config\.json is damaged")


def test_a_gguf_that_is_none(tmp_path):
    (tmp_path / "a.gguf").write_bytes(b"PK\x03\x04")
    refuse(tmp_path / "a.gguf", tmp_path / "work", "is no whole GGUF file")


def test_a_damaged_model_is_noticed_before_it_is_used(folder, tmp_path):
    made = pull(str(folder), tmp_path / "work")
    content = bytearray((made.path / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (made.path / "model.safetensors").write_bytes(content)
    with pytest.raises(CodekilnError, match="is not what was written"):
        load_engine(made.path)


def test_ours_is_taken_for_ours(tmp_path):
    fill(tmp_path / "own", random_model(sized(GROUPED, tiny_tokenizer())), tiny_tokenizer())
    made = pull(str(tmp_path / "own"), tmp_path / "work")
    assert Tokenizer.load(made.path).native
