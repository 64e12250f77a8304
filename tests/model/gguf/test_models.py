"""Models to GGUF and back; transformers reads our files as we do, and so is what we refuse in others'."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from codekiln.errors import DiskError, ModelError
from codekiln.model.gguf import config_of, read_gguf, read_weights
from codekiln.model.gguf.tensors import their_name
from codekiln.model.hugging_face import family_of
from codekiln.model.weights import assemble
from model.gguf.exported import FAMILIES, LLAMA_3, NARROW, export
from model.shapes import GROUPED, LLAMA, all_logits, random_ids, random_model
from model.test_hugging_face import CLASSES, name_of

IDS = random_ids(2, 120)
KINDS = ("f16", "q8_0", "q4_0")


@pytest.mark.parametrize("config", FAMILIES, ids=name_of)
def test_a_shape_comes_back(config, tmp_path):
    export(tmp_path, config)
    assert config_of(read_gguf(tmp_path / "model.gguf")) == config


@pytest.mark.parametrize("config", FAMILIES, ids=name_of)
def test_weights_come_back_in_half_precision(config, tmp_path):
    model = export(tmp_path, config)
    found = read_weights(tmp_path / "model.gguf", config)
    assert found.keys() == model.state_dict().keys()
    for name, tensor in model.state_dict().items():
        expected = tensor if tensor.ndim == 1 else tensor.half().float()
        np.testing.assert_array_equal(found[name], expected.numpy(), err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_matrices_are_quantised_as_the_reference_does_it(kind, tmp_path):
    """Qwen's rows stand as ours do, so nothing but the quantising is between the two."""
    config = replace(FAMILIES[0], tied=False)
    model = export(tmp_path, config, kind)
    found = {tensor.name: tensor for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    types = set()
    for name, tensor in model.state_dict().items():
        theirs = found[their_name(name)]
        table = name in ("model.embed_tokens.weight", "lm_head.weight")
        expected = (
            "F32" if tensor.ndim == 1 else "Q8_0" if table and kind == "q4_0" else kind.upper()
        )
        assert theirs.tensor_type.name == expected, name
        values = quantize(tensor.numpy(), theirs.tensor_type)
        np.testing.assert_array_equal(theirs.data, values.view(theirs.data.dtype))
        types.add(expected)
    assert len(types) == (3 if kind == "q4_0" else 2)


def test_rows_that_are_no_whole_blocks_are_in_half_precision(tmp_path):
    config = replace(NARROW, vocabulary=300)
    export(tmp_path, config, "q4_0")
    types = {t.name: t.tensor_type.name for t in GGUFReader(tmp_path / "model.gguf").tensors}
    assert types["blk.0.attn_q.weight"] == types["token_embd.weight"] == "F16"
    assert types["blk.0.ffn_down.weight"] == "Q4_0"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("config", [c for c in FAMILIES if not c.rope_scaling], ids=name_of)
def test_transformers_reads_the_same_model(config, kind, tmp_path):
    """It does not read the width of heads, and has to be told."""
    told = {"head_dim": config.head_width} if family_of(config) != "qwen2" else {}
    export(tmp_path, config, kind)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of its own making: it looks at memory that it may not write
        theirs = transformers.AutoModelForCausalLM.from_pretrained(
            tmp_path, gguf_file="model.gguf", dtype=torch.float32, **told
        )
    assert type(theirs) is CLASSES[theirs.config.model_type]
    ours = assemble(config_of(read_gguf(tmp_path / "model.gguf")), tmp_path)
    with torch.no_grad():
        expected = theirs(IDS).logits
    assert expected.std() > 0.3
    assert (all_logits(ours, IDS) - expected).abs().max() <= 1e-4


@pytest.mark.parametrize("name", ["Q4_1", "Q5_0", "Q5_1", "BF16", "F32"])
def test_other_types_are_read(name, tmp_path):
    """A file whose matrices are of a type that we do not write."""
    config, kind = FAMILIES[1], GGMLQuantizationType[name]
    model = export(tmp_path, config)
    old = GGUFReader(tmp_path / "model.gguf")
    writer = GGUFWriter(tmp_path / "other.gguf", "llama")
    for field in old.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            writer.add_key_value(field.name, field.contents(), field.types[0])
    expected = {}
    for tensor in old.tensors:
        values = dequantize(tensor.data, tensor.tensor_type)
        stored = quantize(values, kind) if values.ndim == 2 else values
        writer.add_tensor(tensor.name, stored, raw_dtype=kind if values.ndim == 2 else None)
        expected[tensor.name] = dequantize(stored, kind) if values.ndim == 2 else values
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = read_weights(tmp_path / "other.gguf", config)
    for ours in model.state_dict():
        if "q_proj" not in ours and "k_proj" not in ours:  # whose rows stand in another order
            np.testing.assert_array_equal(found[ours], expected[their_name(ours)])


def test_the_rows_of_llamas_heads_stand_as_in_its_own_code(tmp_path):
    """Row 2i of a head there is row i here, row 2i + 1 there is row i + D/2 here."""
    model = export(tmp_path, FAMILIES[1])
    stored = {t.name: t for t in GGUFReader(tmp_path / "model.gguf").tensors}
    for ours, name, heads in (("q_proj", "attn_q", 4), ("k_proj", "attn_k", 2)):
        weight = model.state_dict()[f"model.layers.1.self_attn.{ours}.weight"].half().numpy()
        theirs = stored[f"blk.1.{name}.weight"].data
        for head in range(heads):
            for pair in range(16):
                first = 32 * head + 2 * pair
                np.testing.assert_array_equal(theirs[first], weight[32 * head + pair])
                np.testing.assert_array_equal(theirs[first + 1], weight[32 * head + pair + 16])


# --- what is refused -------------------------------------------------------------------------


def other(folder, config=LLAMA, drop=(), tensors=(), arch="llama", **entries):
    """A file like ours in which some entries are others, left out or more."""
    from codekiln.model.gguf.shape import metadata_of

    writer = GGUFWriter(folder / "model.gguf", arch)
    add = {
        int: writer.add_uint32,
        float: writer.add_float32,
        str: writer.add_string,
        list: writer.add_array,
    }
    for key, value in (metadata_of(config) | entries).items():
        if key not in drop:
            add[type(value)](f"{arch}.{key}", value)
    model = random_model(config)
    for name, tensor in [*((their_name(n), t) for n, t in model.state_dict().items()), *tensors]:
        if name not in drop:
            writer.add_tensor(name, tensor.detach().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return config_of(read_gguf(folder / "model.gguf"))


def test_what_a_file_may_leave_out(tmp_path):
    short = replace(LLAMA, head_width=16, key_value_heads=4)
    names = ("key_length", "value_length", "head_count_kv")
    drop = [f"attention.{name}" for name in names] + ["vocab_size", "rope.dimension_count"]
    assert other(tmp_path, short, drop) == short
    plain = replace(short, rope_base=10_000.0)
    assert other(tmp_path, plain, [*drop, "rope.freq_base"]) == plain


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"arch": "gemma2"}, "a model of type 'gemma2', and codekiln computes llama, qwen2, qwen3"),
        ({"expert_count": 8}, "a mixture of experts"),
        ({"attention.sliding_window": 4096}, "attention in a sliding window"),
        ({"rope.scaling.type": "yarn"}, "rotary positions of type 'yarn'"),
        ({"rope.dimension_count": 16}, "heads of several widths"),
        ({"attention.value_length": 64}, "heads of several widths"),
    ],
    ids=str,
)
def test_what_we_do_not_compute_is_refused(tmp_path, changes, words):
    assert other(tmp_path, **{"expert_count": 0, "rope.scaling.type": "none"}) == LLAMA
    with pytest.raises(ModelError, match=f"asks for {words}.*: take another model"):
        other(tmp_path, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"drop": ["block_count"]},
        {"drop": ["token_embd.weight"]},
        {"block_count": "two"},
        {"attention.head_count": 0, "drop": ["attention.key_length"]},
        {"attention.head_count_kv": [2, 1]},
        {"attention.head_count_kv": 3},
        {"tensors": [("rope_freqs.weight", torch.ones(16))]},
    ],
    ids=str,
)
def test_metadata_that_make_no_sense_are_told(tmp_path, changes):
    with pytest.raises(ModelError, match=r"is damaged .its metadata: .*: fetch it again"):
        other(tmp_path, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"drop": ["blk.1.ffn_up.weight"]}, r"model\.layers\.1\.mlp\.up_proj\.weight is missing"),
        (
            {"feed_forward_length": 128},
            r"model\.layers\.0\.mlp\.gate_proj\.weight is \[96, 64\] and should be \[128, 64\]",
        ),
        ({"block_count": 1}, r"model\.layers\.1\..* is not of this model"),
        ({"tensors": [("blk.0.attn_q.bias", torch.ones(128))]}, r".*q_proj\.bias is not of this"),
        ({"tensors": [("blk.0.attn_sinks", torch.ones(4))]}, r"blk\.0\.attn_sinks is not of this"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tensors_that_do_not_fit_are_told(tmp_path, changes, words):
    config = other(tmp_path, **changes)
    with pytest.raises(ModelError, match=f"do not fit its configuration .{words}"):
        assemble(config, tmp_path)


def test_llama_3s_factors_are_known_again(tmp_path):
    for factor in (8.0, 32.0):
        config = replace(LLAMA_3, rope_scaling=replace(LLAMA_3.rope_scaling, factor=factor))
        export(tmp_path, config)
        assert config_of(read_gguf(tmp_path / "model.gguf")) == config


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GGUFWriter, "write_tensors_to_file", full)
    with pytest.raises(DiskError, match="free some space"):
        export(tmp_path, GROUPED)
    assert list(tmp_path.iterdir()) == []
