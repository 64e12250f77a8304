"""Exports are loaded by the programs they are for, with the same ids and the same logits."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
import transformers

from codekiln.errors import ArtifactError, ModelError, UsageError
from codekiln.model.gguf import config_of, read_gguf, tokenizer_of
from codekiln.model.weights import assemble, load_model
from codekiln.pipeline.export import export
from codekiln.tokenizer import SPECIAL_TOKENS, Tokenizer
from fakes import tiny_tokenizer
from foreign_tokenizers import foreign, llama3, qwen2, smollm
from model.shapes import FAMILIES, GROUPED, LLAMA, QWEN_2, all_logits, random_ids
from model.test_hugging_face import name_of
from model_artifacts import model_artifact

TEXTS = ["def f(x):\n    return  x + 12345\n", "Grüße, 日本 🎉\r\n\t'don't'\u00a0", "", "  "]
FOREIGN = {
    "llama": (LLAMA, foreign(smollm(), "<|im_end|>")),
    "qwen2": (QWEN_2, foreign(qwen2(), "<|endoftext|>")),
    "llama3": (LLAMA, foreign(llama3(), "<|eot_id|>")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return model_artifact(tmp_path_factory.mktemp("made"))


def load(folder):
    tokenizer = Tokenizer.load(folder)
    return tokenizer, load_model(folder, tokenizer.fingerprint)


@pytest.mark.parametrize("config", FAMILIES, ids=name_of)
def test_transformers_loads_a_folder(config, tmp_path):
    artifact = model_artifact(tmp_path / "work", config)
    found = export(artifact.path, tmp_path / "out", "hf")
    _, ours = load(artifact.path)
    ids = random_ids(2, 100)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    with torch.no_grad():
        difference = (theirs(ids).logits - all_logits(ours, ids)).abs().max()
    assert difference <= 1e-4
    assert found.parameters == theirs.num_parameters() == ours.config.parameters()
    assert found.bytes == sum(path.stat().st_size for path in (tmp_path / "out").iterdir())


def test_its_tokenizer_opens_a_text_and_has_our_ids(made, tmp_path):
    export(made.path, tmp_path / "out", "hf")
    ours, theirs = tiny_tokenizer(), transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    for text in TEXTS:
        ids = ours.encode(text)
        assert theirs(text, add_special_tokens=False)["input_ids"] == ids
        assert theirs(text)["input_ids"] == [ours.end, *ids]
        assert theirs.decode(ids) == text
    prompt = "<fim_prefix>a<fim_suffix>b<fim_middle>"
    expected = [1, *ours.encode("a"), 3, *ours.encode("b"), 2]
    assert theirs(prompt, add_special_tokens=False)["input_ids"] == expected
    assert (theirs.bos_token_id, theirs.eos_token_id, theirs.pad_token_id) == (0, 0, 4)
    assert theirs.model_max_length == GROUPED.context
    assert len(theirs) == ours.vocabulary_size
    assert [theirs.convert_tokens_to_ids(token) for token in SPECIAL_TOKENS] == list(
        range(len(SPECIAL_TOKENS))
    )


def test_generation_ends_as_with_us(made, tmp_path):
    export(made.path, tmp_path / "out", "hf")
    settings = transformers.GenerationConfig.from_pretrained(tmp_path / "out")
    assert (settings.bos_token_id, settings.eos_token_id, settings.pad_token_id) == (0, [0], 4)


def test_a_folder_loads_into_ours_again(made, tmp_path):
    export(made.path, tmp_path / "out", "hf")
    (_, first), (tokenizer, second) = load(made.path), load(tmp_path / "out")
    assert tokenizer.native
    assert tokenizer.encode(TEXTS[0]) == tiny_tokenizer().encode(TEXTS[0])
    ids = random_ids(1, 30)
    assert torch.equal(all_logits(first, ids), all_logits(second, ids))


@pytest.mark.parametrize("name", FOREIGN)
def test_the_tokenizer_of_another_model_stays_as_it_came(name, tmp_path):
    config, tokenizer = FOREIGN[name]
    artifact = model_artifact(tmp_path / "work", config, tokenizer)
    export(artifact.path, tmp_path / "out", "hf")
    assert (tmp_path / "out" / "tokenizer.json").read_text() == tokenizer.definition
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path / "out")
    assert theirs.eos_token_id == tokenizer.stop
    for text in TEXTS:
        assert theirs(text, add_special_tokens=False)["input_ids"] == tokenizer.encode(text)
    settings = transformers.GenerationConfig.from_pretrained(tmp_path / "out")
    assert set(settings.eos_token_id) == tokenizer.ends
    again, _ = load(tmp_path / "out")
    assert (again.opening, again.ends) == (tokenizer.opening, tokenizer.ends)


@pytest.mark.parametrize("name", [None, *FOREIGN])
def test_a_file_holds_model_and_tokenizer(name, tmp_path):
    config, tokenizer = FOREIGN.get(name, (GROUPED, tiny_tokenizer()))
    artifact = model_artifact(tmp_path / "work", config, tokenizer)
    found = export(artifact.path, tmp_path / "model.gguf", "gguf")
    file = read_gguf(tmp_path / "model.gguf")
    back = Tokenizer(*tokenizer_of(file))
    assert back.encode(TEXTS[0]) == tokenizer.encode(TEXTS[0])
    _, ours = load(artifact.path)
    ids = random_ids(1, 50)
    halved = all_logits(assemble(config_of(file), tmp_path), ids)
    assert (halved - all_logits(ours, ids)).abs().max() < 0.02
    assert (found.type, found.bytes) == ("f16", (tmp_path / "model.gguf").stat().st_size)
    assert file.metadata["general.name"] == "tiny"


def test_fewer_bits_make_a_smaller_file(made, tmp_path):
    sizes = [
        export(made.path, tmp_path / f"{kind}.gguf", "gguf", kind).bytes
        for kind in ("f16", "q8_0", "q4_0")
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3


def test_nothing_is_written_over(made, tmp_path):
    for form in ("hf", "gguf"):
        with pytest.raises(UsageError, match="is there already: remove it, or give another place"):
            export(made.path, tmp_path, form)


def test_a_type_is_for_gguf(made, tmp_path):
    with pytest.raises(UsageError, match="--type is for --format gguf"):
        export(made.path, tmp_path / "out", "hf", "q8_0")


def test_a_damaged_model_is_not_exported(made, tmp_path):
    folder = shutil.copytree(made.path, tmp_path / made.path.name)
    export(folder, tmp_path / "whole.gguf", "gguf")
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    for form in ("hf", "gguf"):
        with pytest.raises(ArtifactError, match="is not what was written"):
            export(folder, tmp_path / "out", form)
    assert not (tmp_path / "out").exists()


def test_an_encoder_is_not_exported_as_what_it_is_not(tmp_path):
    artifact = model_artifact(tmp_path / "work", replace(GROUPED, causal=False))
    for form in ("hf", "gguf"):
        with pytest.raises(ModelError, match="is an encoder, and a causal model is needed"):
            export(artifact.path, tmp_path / "out", form)


def test_a_tokenizer_that_llama_cpp_does_not_know_is_refused(tmp_path):
    definition = json.loads(tiny_tokenizer().definition)
    definition["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "a|[^a]+"
    tokenizer = Tokenizer(json.dumps(definition))
    artifact = model_artifact(tmp_path / "work", tokenizer=tokenizer)
    export(artifact.path, tmp_path / "folder", "hf")
    with pytest.raises(ModelError, match="export it with --format hf"):
        export(artifact.path, tmp_path / "model.gguf", "gguf")
    assert not list(tmp_path.glob("model*"))
