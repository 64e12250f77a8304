"""Checkpoints are seen whole or not at all; the newest is taken, the last two and the best are kept."""

import errno
import math
import os
import resource

import pytest
import torch

from codekiln.errors import DiskError, TrainingError
from codekiln.training.checkpoint import (
    Position,
    checkpoint_at,
    newest_checkpoint,
    save_checkpoint,
)

SHARD = "shard-00001-model-00001-of-00001.safetensors"


def tensors(step):
    generator = torch.Generator().manual_seed(step)
    return {
        "model/w": torch.randn(3, 4, generator=generator),
        "optimizer/w/step": torch.tensor(float(step)),
        "random/cpu": torch.randint(256, (20,), generator=generator, dtype=torch.uint8),
    }


def position(step, loss=math.inf):
    return Position(
        step, 10 * step, 0.5 * step, loss, skipped=step % 3, recent=(1 / 3, float(step))
    )


def save(folder, step, loss=math.inf):
    save_checkpoint(folder, position(step, loss), tensors(step))


def assert_newest(folder, step):
    found = newest_checkpoint(folder)
    assert found is not None
    assert found.position == position(step)
    expected = tensors(step)
    loaded = {name: torch.zeros_like(tensor) for name, tensor in expected.items()}
    found.read_into(loaded)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in expected.items())


def kept(folder):
    return sorted(int(path.name.removeprefix("step-")) for path in folder.iterdir())


def test_without_a_checkpoint_there_is_none(tmp_path):
    assert newest_checkpoint(tmp_path / "checkpoints") is None


def test_that_of_a_step_is_found_if_it_is_whole(tmp_path):
    for step in (3, 9):
        save(tmp_path, step)
    assert checkpoint_at(tmp_path, 3).position == position(3)
    assert checkpoint_at(tmp_path, 4) is None
    (tmp_path / "step-000000003" / SHARD).write_bytes(b"")
    assert checkpoint_at(tmp_path, 3) is None
    assert kept(tmp_path) == [9]


def test_the_newest_is_taken_and_two_are_kept(tmp_path):
    for step in (3, 9, 10, 1000):
        save(tmp_path, step)
        assert_newest(tmp_path, step)
    assert kept(tmp_path) == [10, 1000]


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([5.0, 4.0, 3.0, 2.0], [3, 4]),  # the best is the last
        ([5.0, 1.0, 3.0, 2.0], [2, 3, 4]),
        ([1.0, 2.0, 3.0, 4.0, 5.0], [1, 4, 5]),
        ([1.0, 2.0, 0.5, 4.0, 5.0, 6.0], [3, 5, 6]),  # a better one takes its place
        (
            [math.inf, 2.0, 2.0, 2.0, 2.0],
            [2, 4, 5],
        ),  # nobody looked at the first; the nearest to the look
        ([math.inf, math.inf, math.inf], [2, 3]),
    ],
)
def test_the_best_is_kept_besides(tmp_path, losses, expected):
    for step, loss in enumerate(losses, 1):
        save(tmp_path, step, loss)
    assert kept(tmp_path) == expected


@pytest.mark.parametrize("left", [[], [SHARD], [SHARD, "position.json.tmp"]])
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


@pytest.mark.parametrize("call", [0, 1])
def test_a_full_disk_leaves_the_one_before(tmp_path, monkeypatch, call):
    save(tmp_path, 1)
    with monkeypatch.context() as patch:
        full_disk_at(patch, call)
        with pytest.raises(DiskError, match=r"no space left on device.*free some space"):
            save(tmp_path, 2)
    assert_newest(tmp_path, 1)
    save(tmp_path, 2)
    assert_newest(tmp_path, 2)


@pytest.mark.parametrize("room", [0, 100, 400])
def test_a_file_that_is_cut_off_in_the_middle_leaves_the_one_before(tmp_path, room):
    save(tmp_path, 1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(DiskError, match=r"file too large.*free some space"):
            save(tmp_path, 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert_newest(tmp_path, 1)


@pytest.mark.parametrize("name", [SHARD, "position.json"])
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
    assert kept(tmp_path) == [1]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"model/v": torch.zeros(3, 4)}, r"model/v is None there, and here \(3, 4\)"),
        ({"model/w": torch.zeros(4, 3)}, r"model/w is \(3, 4\) there, and here \(4, 3\)"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(tmp_path, wanted, said):
    save(tmp_path, 1)
    with pytest.raises(TrainingError, match=f"another model .*{said}.*choose another --work"):
        newest_checkpoint(tmp_path).read_into(wanted)


def test_it_holds_nothing_pickled(tmp_path):
    save(tmp_path, 1)
    names = {path.name for path in (tmp_path / "step-000000001").iterdir()}
    assert names == {SHARD, "position.json"}
