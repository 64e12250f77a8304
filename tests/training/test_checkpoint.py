"""Checkpoints are seen whole or not at all, and the newest whole one is taken."""

import errno
import os

import pytest
import torch

from codekiln.errors import DiskError
from codekiln.training.checkpoint import Position, load_checkpoint, save_checkpoint


def tensors(step):
    generator = torch.Generator().manual_seed(step)
    return {"w": torch.randn(3, 4, generator=generator), "step": torch.tensor(float(step))}


def save(folder, step):
    save_checkpoint(folder, Position(step, 10 * step, 0.5 * step), tensors(step), tensors(-step))


def assert_newest(folder, step):
    found = load_checkpoint(folder)
    assert found is not None
    position, weights, optimizer = found
    assert position == Position(step, 10 * step, 0.5 * step)
    for loaded, expected in ((weights, tensors(step)), (optimizer, tensors(-step))):
        assert loaded.keys() == expected.keys()
        assert all(torch.equal(loaded[name], tensor) for name, tensor in expected.items())


def test_without_a_checkpoint_there_is_none(tmp_path):
    assert load_checkpoint(tmp_path / "checkpoints") is None


def test_the_newest_is_taken_and_two_are_kept(tmp_path):
    for step in (3, 9, 10, 1000):
        save(tmp_path, step)
        assert_newest(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000010", "step-000001000"]


@pytest.mark.parametrize("left", [[], ["weights.safetensors"], ["weights.safetensors.tmp"]])
def test_what_a_kill_left_is_ignored_and_then_overwritten(tmp_path, left):
    save(tmp_path, 1)
    half = tmp_path / "step-000000002.tmp"
    half.mkdir()
    for name in left:
        (half / name).write_bytes(b"half")
    assert_newest(tmp_path, 1)
    save(tmp_path, 2)
    assert_newest(tmp_path, 2)
    assert not half.exists()


def full_disk_at(monkeypatch, call):
    """From its `call`-th file on, nothing reaches the disk."""
    real, calls = os.fsync, iter(range(1_000))

    def fsync(descriptor):
        if next(calls) >= call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.parametrize("call", [0, 1, 2])
def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch, call):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        full_disk_at(patch, call)
        with pytest.raises(DiskError, match=r"no space left on device.*free some space"):
            save(tmp_path, 2)
    assert_newest(tmp_path, 1)
    save(tmp_path, 2)
    assert_newest(tmp_path, 2)


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "position.json"])
@pytest.mark.parametrize("damage", ["cut", "flip", "lose"])
def test_a_damaged_checkpoint_is_dropped_for_the_one_before(tmp_path, name, damage):
    save(tmp_path, 1)
    save(tmp_path, 2)
    file = tmp_path / "step-000000002" / name
    content = bytearray(file.read_bytes())
    if damage == "lose":
        file.unlink()
    else:
        content[-10] ^= 1
        file.write_bytes(content[:-5] if damage == "cut" else content)
    assert_newest(tmp_path, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
