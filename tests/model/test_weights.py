"""A model's folder: whatever is wrong with it is told in one sentence that names the remedy."""

import json
import pickle
import random
import shutil

import pytest
import safetensors.torch
import torch

from codekiln.errors import ModelError
from codekiln.model.config import ModelConfig
from codekiln.model.hugging_face import read_config, to_hugging_face
from codekiln.model.weights import load_model, read_tensors, save_model, write_tensors
from model.shapes import GROUPED, random_model

REMEDY = "train or fetch the model again|give its folder|give the folder of a finished model"


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    save_model(folder, random_model(), end=0, tokenizer_sha256="mine")
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "model")


def refuse(folder, match=REMEDY):
    with pytest.raises(ModelError, match=match) as caught:
        load_model(folder, "mine")
    assert "\n" not in str(caught.value)


def change_config(folder, **entries):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def test_a_whole_folder_loads(folder):
    assert load_model(folder, "mine").config == GROUPED
    assert read_config(folder) == GROUPED


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_a_configuration_comes_back(depth, tmp_path):
    config = ModelConfig.from_depth(depth, 777, 333)
    (tmp_path / "config.json").write_text(json.dumps(to_hugging_face(config, end=0)))
    assert read_config(tmp_path) == config


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_told(folder, name):
    (folder / name).unlink()
    refuse(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b'{"a": 1}'])
def test_a_damaged_configuration_is_told(folder, content):
    (folder / "config.json").write_bytes(content)
    refuse(folder)


@pytest.mark.parametrize(
    "entries",
    [
        {"hidden_size": "64"},
        {"hidden_size": 64.5},
        {"num_key_value_heads": 0},
        {"num_key_value_heads": 3},
        {"num_hidden_layers": -1},
        {"num_attention_heads": None},
        {"vocab_size": [300]},
        {"rms_norm_eps": "small"},
        {"rope_theta": 0},
    ],
    ids=str,
)
def test_a_configuration_that_makes_no_sense_is_told(folder, entries):
    change_config(folder, **entries)
    refuse(folder)


@pytest.mark.parametrize("kept", [0, 4, 8, 100, 0.5, -1])
def test_truncated_weights_are_told(folder, kept):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if kept == 0.5 else kept])
    refuse(folder)


def test_weights_with_a_tail_are_told(folder):
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"more")
    refuse(folder)


def test_a_flipped_bit_of_the_header_is_told_or_harmless(folder):
    """What lies behind the header has no checksum of its own: the artifact's manifest has it."""
    path = folder / "model.safetensors"
    content, expected = path.read_bytes(), load_model(folder, "mine").state_dict()
    header = 8 + int.from_bytes(content[:8], "little")
    refused = 0
    for bit in random.Random(0).sample(range(8 * header), 60):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            found = load_model(folder, "mine").state_dict()
        except ModelError:
            refused += 1
            continue
        assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    assert refused > 40


@pytest.mark.parametrize("entries", [{"intermediate_size": 128}, {"vocab_size": 301}])
def test_weights_of_another_shape_are_told(folder, entries):
    change_config(folder, **entries)
    refuse(folder)


def test_weights_that_are_no_floating_point_numbers_are_told(folder):
    path = folder / "model.safetensors"
    tensors = read_tensors(path)
    tensors["model.norm.weight"] = tensors["model.norm.weight"].to(torch.int16)
    write_tensors(path, tensors)
    refuse(folder, "weights of type I16, and codekiln reads fp32, fp16")


@pytest.mark.parametrize("layers", [1, 3])
def test_weights_of_another_depth_are_told(folder, layers):
    change_config(folder, num_hidden_layers=layers)
    refuse(folder)


def test_another_tokenizer_is_told(folder):
    with pytest.raises(ModelError, match="another tokenizer: use its own"):
        load_model(folder, "another")


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("model.safetensors", "is damaged"),
        ("pytorch_model.bin", "pickled .pytorch_model.bin.*take the model as safetensors"),
        ("model.pt", "pickled .model.pt.*take the model as safetensors"),
    ],
)
def test_pickled_weights_are_never_read(folder, name, words, tmp_path):
    sprung = tmp_path / "sprung"
    content = pickle.dumps(Trap(sprung))
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(content)
    refuse(folder, words)
    assert not sprung.exists()
    pickle.loads(content)  # noqa: S301
    assert sprung.exists(), "the trap must work"


def test_tensors_come_back_and_others_can_read_them(tmp_path):
    path = tmp_path / "t.safetensors"
    table = torch.arange(12.0).view(3, 4)
    tensors = {"a": table.T, "b": torch.tensor(3), "c": table[:, 1].bfloat16()}
    write_tensors(path, tensors)
    for found in (read_tensors(path), safetensors.torch.load_file(path)):
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[name], tensor) for name, tensor in tensors.items())
        assert found["c"].dtype == torch.bfloat16
