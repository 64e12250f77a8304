"""Every family, from transformers to us and back: the same logits, or a refusal that names the reason."""

import json

import pytest
import torch
import transformers

from codekiln.errors import ModelError
from codekiln.model.hugging_face import family_of, read_config, to_hugging_face
from codekiln.model.rotary import frequencies
from codekiln.model.transformer import Transformer
from codekiln.model.weights import assemble, load_model, save_model
from model.shapes import (
    FAMILIES,
    GROUPED,
    LLAMA,
    LLAMA_3,
    QWEN_2,
    all_logits,
    random_ids,
    random_model,
)

CLASSES = {
    "llama": transformers.LlamaForCausalLM,
    "qwen2": transformers.Qwen2ForCausalLM,
    "qwen3": transformers.Qwen3ForCausalLM,
}
IDS = random_ids(2, 200)
SCALING = to_hugging_face(LLAMA_3, end=0)["rope_scaling"]


def name_of(config):
    scaled = " scaled" * bool(config.rope_scaling)
    return f"{family_of(config)}{scaled}{'' if config.tied else ' untied'}"


@torch.no_grad()
def their_logits(model, ids=IDS):
    return model(ids).logits


@pytest.fixture(scope="module", params=FAMILIES, ids=name_of)
def exported(request, tmp_path_factory):
    """One of ours and its folder."""
    folder = tmp_path_factory.mktemp("exported")
    model = random_model(request.param)
    save_model(folder, model, end=0, tokenizer_sha256="x")
    return model, folder


def test_transformers_reads_ours(exported):
    model, folder = exported
    theirs, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, output_loading_info=True
    )
    assert type(theirs) is CLASSES[family_of(model.config)]
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert theirs.dtype == torch.float32
    expected = all_logits(model, IDS)
    assert expected.std() > 0.3
    assert (their_logits(theirs) - expected).abs().max() <= 1e-4


def test_frequencies_are_theirs_to_the_bit(exported):
    """At a thousand tokens the last digit of one moves a real model's logits by 1e-4."""
    model, folder = exported
    theirs = transformers.AutoModelForCausalLM.from_pretrained(folder).model.rotary_emb.inv_freq
    ours = frequencies(model.config, torch.device("cpu"))
    if model.config.rope_scaling:
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=0)
    else:
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_we_read_theirs_whole_or_in_parts(exported, dtype, tmp_path):
    theirs = transformers.AutoModelForCausalLM.from_pretrained(exported[1], dtype=dtype)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    theirs.save_pretrained(whole)
    theirs.save_pretrained(parts, max_shard_size="100KB")
    assert len(list(parts.glob("*.safetensors"))) > 2
    expected = their_logits(theirs.float())
    for folder in (whole, parts):
        ours = assemble(read_config(folder), folder)
        assert ours.config == exported[0].config
        assert (all_logits(ours, IDS) - expected).abs().max() <= 1e-4


def test_what_was_saved_comes_back(exported):
    model, folder = exported
    again = load_model(folder, "x")
    assert again.config == model.config
    assert torch.equal(all_logits(again, IDS), all_logits(model, IDS))


@pytest.mark.parametrize("config", FAMILIES, ids=name_of)
def test_the_parameters_are_counted(config):
    assert config.parameters() == sum(p.numel() for p in Transformer(config).parameters())


def test_biases_begin_at_zero():
    biases = [p for name, p in Transformer(QWEN_2).named_parameters() if name.endswith("bias")]
    assert len(biases) == 3 * QWEN_2.layers
    assert not any(bias.any() for bias in biases)


def test_the_copy_of_a_tied_output_layer_is_passed_over(tmp_path):
    """Some checkpoints hold it all the same; transformers takes the embedding, and so do we."""
    model = random_model(QWEN_2)
    save_model(tmp_path, model, end=0, tokenizer_sha256="x")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    state = theirs.state_dict() | {"lm_head.weight": torch.zeros(300, 64)}
    state["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.zeros(16)
    theirs.save_pretrained(tmp_path, state_dict={name: t.clone() for name, t in state.items()})
    assert torch.equal(all_logits(load_again(tmp_path), IDS), all_logits(model, IDS))


def load_again(folder):
    return assemble(read_config(folder), folder)


# --- what a configuration may leave out, and what it may not ask for -------------------------


def written(folder, config=GROUPED, **changes):
    entries = to_hugging_face(config, end=0) | changes
    kept = {name: value for name, value in entries.items() if value is not ...}
    (folder / "config.json").write_text(json.dumps(kept))
    return folder


@pytest.mark.parametrize(
    "changes",
    [
        {"rope_theta": ..., "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0}},
        {"rope_scaling": None},
        {"rope_scaling": {"type": "default"}},
        {"use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 1},
        {"layer_types": ["full_attention"] * 2},
        {"is_causal": ..., "hidden_act": ..., "attention_bias": ..., "use_sliding_window": ...},
        {"partial_rotary_factor": 1.0, "quantization_config": None, "torch_dtype": "bfloat16"},
    ],
    ids=str,
)
def test_other_words_for_the_same(tmp_path, changes):
    assert read_config(written(tmp_path, **changes)) == GROUPED


def test_the_defaults_of_old_llama(tmp_path):
    folder = written(tmp_path, LLAMA, num_key_value_heads=None, head_dim=..., rope_theta=...)
    config = read_config(folder)
    assert (config.key_value_heads, config.head_width, config.rope_base) == (4, 16, 10_000.0)
    theirs = transformers.AutoConfig.from_pretrained(folder)
    assert (theirs.num_key_value_heads, theirs.head_dim) == (4, 16)
    assert theirs.rope_parameters["rope_theta"] == 10_000.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model_type": "mistral"}, "a model of type 'mistral'.*llama, qwen2, qwen3"),
        ({"use_sliding_window": True}, "a sliding window"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "a sliding window"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "positions of type 'linear'"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}}, "positions of type 'yarn'"),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "positions of type 'dynamic'"),
        ({"partial_rotary_factor": 0.5}, "a part of each head"),
        ({"hidden_act": "gelu"}, "the activation 'gelu'"),
        ({"attention_bias": True}, "'attention_bias'"),
        ({"mlp_bias": True}, "'mlp_bias'"),
        ({"quantization_config": {"bits": 4}}, "quantised weights"),
    ],
    ids=str,
)
def test_what_we_do_not_compute_is_refused(tmp_path, changes, words):
    with pytest.raises(ModelError, match=f"asks for .*{words}.*: take another model") as caught:
        read_config(written(tmp_path, **changes))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 65, "head_dim": None},
        {"head_dim": 31},
        {"rope_scaling": {"rope_type": "llama3"}},
        {"rope_scaling": "llama3"},
        {"rope_scaling": {"rope_type": "llama3", "factor": "eight"}},
        {"rope_scaling": SCALING | {"factor": 0.5}},
        {"rope_scaling": SCALING | {"high_freq_factor": 1.0}},
        {"tie_word_embeddings": "yes"},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told(tmp_path, changes):
    with pytest.raises(ModelError, match=r"is damaged .*: train or fetch the model again"):
        read_config(written(tmp_path, **changes))


# --- a model in parts ------------------------------------------------------------------------


@pytest.fixture
def parts(tmp_path):
    """A folder with its weights in two files and their index."""
    model = random_model(LLAMA)
    save_model(tmp_path, model, end=0, tokenizer_sha256="x")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    theirs.save_pretrained(tmp_path, max_shard_size="200KB")
    return tmp_path


def test_a_part_that_is_missing_is_told(parts):
    assert load_again(parts).config == LLAMA
    sorted(parts.glob("*.safetensors"))[0].unlink()
    with pytest.raises(ModelError, match=r"-of-.*is missing: give the folder"):
        load_again(parts)


@pytest.mark.parametrize(
    "index",
    [
        "{",
        "[]",
        '{"weight_map": {}}',
        '{"weight_map": {"a": 3}}',
        '{"weight_map": {"a": "../model.safetensors"}}',
        '{"weight_map": {"a": "/etc/passwd"}}',
    ],
)
def test_a_damaged_index_is_told(parts, index):
    (parts / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError, match=r"index\.json is damaged"):
        load_again(parts)
