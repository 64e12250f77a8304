"""A GGUF file is taken apart as the package `gguf` does it, and a damaged one is told, never followed."""

import random
import struct
import subprocess
import sys

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter
from gguf.quants import dequantize, quantize

from codekiln.errors import MissingExtraError, ModelError
from codekiln.model.gguf import container
from codekiln.model.gguf.container import READABLE, read_gguf

WRITABLE = ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")
ENTRIES = {
    "add_uint8": 200,
    "add_int8": -3,
    "add_uint16": 60_000,
    "add_int16": -30_000,
    "add_uint32": 4_000_000_000,
    "add_int32": -2_000_000_000,
    "add_float32": 0.5,
    "add_bool": True,
    "add_string": "Grüße",
    "add_uint64": 2**63,
    "add_int64": -(2**62),
    "add_float64": 0.1,
}
ARRAYS = {"texts": ["a", "", "日本"], "numbers": [1, -2, 3], "fractions": [0.5, 1.5]}


def write(path, entries=None, tensors=()):
    writer = GGUFWriter(path, "llama")
    for key, value in (entries or {}).items():
        writer.add_uint32(key, value)
    for method, value in ENTRIES.items():
        getattr(writer, method)(f"one.{method}", value)
    for name, value in ARRAYS.items():
        writer.add_array(f"many.{name}", value)
    for name, values, kind in tensors:
        writer.add_tensor(name, values, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def random_bytes(kind, rows, blocks, seed=0):
    """Random blocks of a type; their scales (fp16) are kept finite."""
    _, size = gguf.GGML_QUANT_SIZES[kind]
    data = np.random.default_rng(seed).integers(0, 256, (rows, blocks * size), dtype=np.uint8)
    return data & 0xBF  # clears the top bit of every exponent


def tensors():
    values = np.random.default_rng(1).normal(size=(6, 256)).astype(np.float32)
    for name in READABLE:
        kind = GGMLQuantizationType[name]
        if name in WRITABLE:
            yield name, quantize(values, kind), kind
        else:
            yield name, random_bytes(kind, 6, 1), kind
    yield "vector", np.arange(7, dtype=np.float32), GGMLQuantizationType.F32
    yield "cube", np.arange(24, dtype=np.float32).reshape(2, 3, 4), GGMLQuantizationType.F32


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write(tmp_path_factory.mktemp("gguf") / "a.gguf", tensors=tensors())


def test_metadata_are_those_that_were_written(path):
    found = read_gguf(path).metadata
    for method, value in ENTRIES.items():
        assert found[f"one.{method}"] == value
    for name, value in ARRAYS.items():
        assert found[f"many.{name}"] == value
    theirs = {
        name: field.contents()
        for name, field in GGUFReader(path).fields.items()
        if not name.startswith("GGUF.")
    }
    assert found == theirs


def test_tensors_are_those_of_the_reference(path):
    found = read_gguf(path).tensors
    reference = GGUFReader(path).tensors
    assert list(found) == [tensor.name for tensor in reference]
    for theirs in reference:
        ours = found[theirs.name]
        assert ours.type_name == theirs.tensor_type.name
        assert ours.shape == tuple(theirs.shape[::-1].tolist())
        values = ours.values()
        assert values.dtype == np.float32
        expected = dequantize(theirs.data, theirs.tensor_type).reshape(ours.shape)
        np.testing.assert_array_equal(values, expected)
        values[...] = 0  # nobody's memory but its own


def test_an_alignment_of_its_own_is_kept(tmp_path):
    writer = GGUFWriter(tmp_path / "a.gguf", "llama")
    writer.add_custom_alignment(256)
    for name in ("a", "b"):
        writer.add_tensor(name, np.full(3, ord(name), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    found = read_gguf(tmp_path / "a.gguf").tensors
    assert [found[name].values().tolist() for name in "ab"] == [[97.0] * 3, [98.0] * 3]


@pytest.mark.parametrize("kind", ["IQ4_NL", "IQ2_XXS", "TQ1_0", "MXFP4", "F64", "I32"])
def test_a_type_that_we_do_not_read_is_named(tmp_path, kind):
    kind = GGMLQuantizationType[kind]
    plain = {"F64": np.float64, "I32": np.int32}.get(kind.name)
    data = np.zeros((2, 256), plain) if plain else random_bytes(kind, 2, 1)
    write(tmp_path / "a.gguf", tensors=[("blk.0.attn_q.weight", data, kind)])
    with pytest.raises(
        ModelError, match=rf"blk\.0\.attn_q\.weight in type {kind.name}, and .*Q4_K"
    ):
        read_gguf(tmp_path / "a.gguf")


def test_a_type_that_nobody_knows_is_told(path, tmp_path):
    content = bytearray(path.read_bytes())
    place = content.index(b"\x06\x00\x00\x00\x00\x00\x00\x00vector") + 14 + 4 + 8
    assert content[place : place + 4] == struct.pack("<I", GGMLQuantizationType.F32)
    content[place : place + 4] = struct.pack("<I", 999)
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(ModelError, match="vector in type number 999"):
        read_gguf(tmp_path / "a.gguf")


def test_one_part_of_several_is_told(tmp_path):
    write(tmp_path / "a.gguf", {"split.count": 1})
    assert read_gguf(tmp_path / "a.gguf").metadata["split.count"] == 1
    write(tmp_path / "b.gguf", {"split.count": 3})
    with pytest.raises(ModelError, match="one of several parts: join them"):
        read_gguf(tmp_path / "b.gguf")


@pytest.mark.parametrize(
    ("version", "words"), [(1, "version 1"), (4, "version 4"), (3 << 24, f"version {3 << 24}")]
)
def test_another_version_is_told(path, tmp_path, version, words):
    content = path.read_bytes()
    (tmp_path / "a.gguf").write_bytes(content[:4] + struct.pack("<I", version) + content[8:])
    with pytest.raises(ModelError, match=words):
        read_gguf(tmp_path / "a.gguf")


def test_what_is_no_file_is_told(tmp_path):
    for place in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(ModelError, match="is no file: give the path of a GGUF file"):
            read_gguf(place)


@pytest.mark.parametrize(
    "content", [b"", b"GGUF", b"PK\x03\x04" * 20, b"GGUF\x03\0\0\0" + b"\xff" * 60]
)
def test_what_is_no_gguf_is_told(tmp_path, content):
    (tmp_path / "a.gguf").write_bytes(content)
    with pytest.raises(ModelError, match=r"is no whole GGUF file .*: fetch it again"):
        read_gguf(tmp_path / "a.gguf")


def test_wherever_a_file_is_cut_it_is_told(path, tmp_path):
    content = path.read_bytes()
    for length in random.Random(0).sample(range(len(content)), 60):
        (tmp_path / "a.gguf").write_bytes(content[:length])
        with pytest.raises(ModelError, match="is no whole GGUF file"):
            read_gguf(tmp_path / "a.gguf")


def test_a_flipped_bit_of_the_header_is_told_or_harmless(path, tmp_path):
    """Counts of 2^60 entries included: no time and no memory is spent on what is not there."""
    content = path.read_bytes()
    header = content.index(b"cube") + 60
    refused = 0
    for bit in random.Random(0).sample(range(8 * header), 400):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        (tmp_path / "a.gguf").write_bytes(flipped)
        try:
            read_gguf(tmp_path / "a.gguf")
        except ModelError:
            refused += 1
    assert 100 < refused < 400


def test_without_the_package_its_extra_is_named(path):
    program = (
        "import sys; sys.modules['gguf'] = None\n"
        "from pathlib import Path\n"
        "from codekiln.errors import MissingExtraError\n"
        "from codekiln.model.gguf.container import read_gguf\n"
        "try: read_gguf(Path(sys.argv[1]))\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert "pip install 'codekiln[gguf]'" in done.stdout


def test_nothing_is_imported_before_it_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(MissingExtraError):
        container.require_gguf("This")
