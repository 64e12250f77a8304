"""Adapters on disk beside the package `peft`: equal logits, merged and not; others' bases are refused."""

import json
import warnings
from dataclasses import replace

import numpy as np
import peft
import pytest
import safetensors.numpy
import torch
import transformers

from codekiln.errors import ModelError
from codekiln.model.arrays import read_arrays
from codekiln.model.hugging_face import read_config
from codekiln.model.lora import Adapter, LoraShape, merged, read_adapter
from codekiln.model.lora.adapter import BASE, CONFIG, TENSORS, write_adapter
from codekiln.model.lora.wrap import adapted
from codekiln.model.weights import load_model
from codekiln.tokenizer import Tokenizer
from fakes import tiny_tokenizer
from model.shapes import FAMILIES, GROUPED, LLAMA, QWEN_2, all_logits, random_ids
from model_artifacts import SPARE, model_artifact

IDS = random_ids(2, 40)
VOCABULARY = tiny_tokenizer().vocabulary_size + SPARE
SHAPES = {
    "all matrices": LoraShape(rank=4, alpha=8.0),
    "attention": LoraShape(rank=2, alpha=3.0, targets=("q_proj", "v_proj")),
    "tokens": LoraShape(rank=4, alpha=8.0, tokens=(7, 290)),
}


def random_adapter(shape, config, seed=0):
    """One that changes the logits by some tenths."""
    generator = np.random.default_rng(seed)
    sizes = shape.shapes(config).items()
    return Adapter(
        shape,
        {name: generator.normal(0, 0.08, size).astype(np.float32) for name, size in sizes},
    )


def loaded(base):
    return load_model(base.path, Tokenizer.load(base.path).fingerprint)


def save(folder, base, shape, seed=0):
    folder.mkdir()
    config = read_config(base.path)
    write_adapter(folder, random_adapter(shape, config, seed), base, config)
    return read_adapter(folder, base, config)


def by_peft(base, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what peft and transformers think of each other
        theirs = transformers.AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float32)
        model = peft.PeftModel.from_pretrained(theirs, folder).eval()
    with torch.no_grad():
        return model(IDS).logits


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("config", FAMILIES, ids=repr)
def test_peft_computes_the_same(config, name, tmp_path):
    base = model_artifact(tmp_path, config)
    adapter = save(tmp_path / "adapter", base, SHAPES[name])
    model = loaded(base)
    ours = all_logits(adapted(model, adapter), IDS)
    torch.testing.assert_close(ours, by_peft(base, tmp_path / "adapter"), rtol=1e-4, atol=2e-5)
    assert (ours - all_logits(model, IDS)).abs().max() > 0.1, "it must change something"


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("config", [GROUPED, LLAMA, replace(QWEN_2, tied=False)], ids=repr)
def test_merged_is_the_same_as_beside(config, name, tmp_path):
    base = model_artifact(tmp_path, config)
    adapter, model = save(tmp_path / "adapter", base, SHAPES[name]), loaded(base)
    beside = all_logits(adapted(model, adapter), IDS)
    weights = merged(read_arrays(base.path, model.config), adapter, model.config)
    model.load_state_dict({key: torch.from_numpy(np.array(w)) for key, w in weights.items()})
    assert (all_logits(model, IDS) - beside).abs().max() < 1e-5


def test_one_that_peft_made_is_read(tmp_path):
    base = model_artifact(tmp_path, QWEN_2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = transformers.AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float32)
        settings = peft.LoraConfig(
            r=3, lora_alpha=5, target_modules=["q_proj", "down_proj"], init_lora_weights=False
        )
        model = peft.get_peft_model(theirs, settings).eval()
        model.save_pretrained(tmp_path / "theirs")
    adapter = read_adapter(tmp_path / "theirs", base, read_config(base.path))
    assert adapter.shape == LoraShape(3, 5.0, ("q_proj", "down_proj"))
    with torch.no_grad():
        expected = model(IDS).logits
    ours = all_logits(adapted(loaded(base), adapter), IDS)
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=2e-5)


@pytest.fixture
def pair(tmp_path):
    base = model_artifact(tmp_path)
    save(tmp_path / "adapter", base, SHAPES["all matrices"])
    return base, tmp_path / "adapter"


def refuse(base, folder, words):
    with pytest.raises(ModelError, match=words) as caught:
        read_adapter(folder, base, read_config(base.path))
    assert "\n" not in str(caught.value)


def test_of_another_base_it_is_refused_by_name(pair, tmp_path):
    base, folder = pair
    other = model_artifact(tmp_path / "other", replace(GROUPED, rope_base=77.0))
    weights = [one.file("model.safetensors").read_bytes() for one in (base, other)]
    assert weights[0] == weights[1]
    read_adapter(folder, other, read_config(other.path))  # the same weights, wherever they lie
    third = model_artifact(tmp_path / "third", replace(GROUPED, qk_norm=False))
    refuse(third, folder, "was tuned on tiny, and .*third.* has other weights: give the model")


def test_without_a_name_shapes_must_fit(pair, tmp_path):
    base, folder = pair
    (folder / BASE).unlink()
    read_adapter(folder, base, read_config(base.path))
    wide = model_artifact(tmp_path / "wide", replace(GROUPED, hidden=128))
    refuse(
        wide, folder, r"does not fit .*wide.* \(model\.layers\.0\.mlp\.down_proj\.lora_A\.weight\)"
    )
    deep = model_artifact(tmp_path / "deep", replace(GROUPED, layers=3))
    refuse(deep, folder, r"does not fit .*deep.* \(model\.layers\.2")


def change(folder, **entries):
    path = folder / CONFIG
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"peft_type": "IA3"}, "asks for an adapter of type IA3"),
        ({"use_dora": True}, "asks for use_dora = True"),
        ({"use_rslora": True}, "asks for use_rslora"),
        ({"bias": "all"}, "asks for bias = all"),
        ({"rank_pattern": {"q_proj": 2}}, "asks for 'rank_pattern'"),
        ({"modules_to_save": ["lm_head"]}, "asks for 'modules_to_save'"),
        (
            {"alora_invocation_tokens": [7, 8]},
            "asks for 'alora_invocation_tokens'.*or run it there",
        ),
        ({"lora_bias": True}, "asks for 'lora_bias'"),
        ({"layer_replication": [[0, 1], [0, 1]]}, "asks for 'layer_replication'"),
        ({"kasa_config": {"beta": 1}}, "asks for 'kasa_config'"),
        ({"init_lora_weights": "pissa_niter_16"}, "init_lora_weights = pissa_niter_16"),
        ({"init_lora_weights": "olora"}, "init_lora_weights = olora"),
        ({"init_lora_weights": "corda"}, "init_lora_weights = corda"),
        ({"init_lora_weights": "loftq"}, "init_lora_weights = loftq"),
        ({"target_modules": ["q_proj", "lm_head"]}, "asks for changes of lm_head"),
        ({"target_modules": "all-linear"}, "asks for layers by the pattern"),
        ({"trainable_token_indices": [3]}, "asks for tokens of an unnamed table"),
        (
            {"trainable_token_indices": {"embed_tokens": [3], "lm_head": [4]}},
            "asks for other tokens",
        ),
        ({"trainable_token_indices": {"embed_tokens": ["a"]}}, "is damaged"),
        ({"r": 0}, "is damaged"),
        ({"r": "many"}, "is damaged"),
        ({"target_modules": None}, "is damaged"),
        ({"r": 5}, "does not fit"),
        ({"target_modules": ["q_proj"]}, "does not fit"),
    ],
    ids=str,
)
def test_what_is_not_computed_is_refused(pair, entries, words):
    base, folder = pair
    change(folder, **entries)
    refuse(base, folder, words)


def adapter_of_peft(base, folder, init):
    """One that peft began so, and that has learned something since."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = transformers.AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float32)
        settings = peft.LoraConfig(r=4, target_modules=["q_proj"], init_lora_weights=init)
        model = peft.get_peft_model(theirs, settings)
        torch.manual_seed(0)
        for name, weight in model.named_parameters():
            if "lora_" in name:
                weight.data += 0.05 * torch.randn_like(weight)
        model.save_pretrained(folder)


@pytest.mark.parametrize("init", [True, "gaussian", "orthogonal", "mica"])
def test_what_began_beside_the_base_is_computed_as_peft_does(tmp_path, init):
    base = model_artifact(tmp_path)
    adapter_of_peft(base, tmp_path / "theirs", init)
    adapter = read_adapter(tmp_path / "theirs", base, read_config(base.path))
    ours = all_logits(adapted(loaded(base), adapter), IDS)
    theirs = by_peft(base, tmp_path / "theirs")
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("init", ["pissa", "olora"])
def test_what_began_as_a_part_of_the_base_is_refused(tmp_path, init):
    base = model_artifact(tmp_path)
    adapter_of_peft(base, tmp_path / "theirs", init)
    words = f"asks for a base without what it began with .*{init}.*: merge it with peft"
    refuse(base, tmp_path / "theirs", words)


@pytest.mark.parametrize("token", [-1, VOCABULARY])
def test_tokens_that_the_base_has_not_are_told(tmp_path, token):
    base = model_artifact(tmp_path)
    assert read_config(base.path).vocabulary == VOCABULARY
    save(tmp_path / "adapter", base, SHAPES["tokens"])
    change(tmp_path / "adapter", trainable_token_indices={"embed_tokens": [7, token]})
    refuse(base, tmp_path / "adapter", "it has tokens that the model has not")
    change(tmp_path / "adapter", trainable_token_indices={"embed_tokens": [7, VOCABULARY - 1]})
    read_adapter(tmp_path / "adapter", base, read_config(base.path))


@pytest.mark.parametrize("name", [BASE, CONFIG, TENSORS])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_file_is_told(pair, name, content):
    base, folder = pair
    (folder / name).write_bytes(content)
    refuse(base, folder, "is damaged")


@pytest.mark.parametrize("name", [CONFIG, TENSORS])
def test_a_missing_file_is_told(pair, name):
    base, folder = pair
    (folder / name).unlink()
    refuse(base, folder, "is no adapter|is missing")


def test_the_files_are_those_of_peft(pair):
    _, folder = pair
    names = safetensors.numpy.load_file(folder / TENSORS)
    assert "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight" in names
    assert len(names) == 2 * 7 * GROUPED.layers
    assert json.loads((folder / CONFIG).read_text())["r"] == 4
