"""Devices, cores and seeds."""

import os
import subprocess
import sys

import pytest
import torch

from codekiln import device
from codekiln.errors import MissingExtraError


def test_the_cores_are_those_of_this_process():
    command = "from codekiln.device import core_count; print(core_count())"
    one = next(iter(os.sched_getaffinity(0))) if hasattr(os, "sched_setaffinity") else None
    if one is None:
        pytest.skip("this system cannot confine a process to a core")
    confined = f"import os; os.sched_setaffinity(0, [{one}]); {command}"
    found = subprocess.run([sys.executable, "-c", confined], capture_output=True, check=True)
    assert found.stdout == b"1\n"
    assert device.core_count() == len(os.sched_getaffinity(0))


def test_without_affinities_the_system_is_asked(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert device.core_count() == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert device.core_count() == 1


@pytest.mark.parametrize(("processes", "cores"), [(1, 6), (2, 3), (4, 1), (9, 1)])
def test_processes_of_torchrun_share_the_cores(monkeypatch, processes, cores):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert device.core_count() == cores


def test_random_numbers_go_on_where_their_state_was_taken():
    state = device.random_state(torch.device("cpu"))
    drawn = torch.rand(3)
    assert not torch.equal(torch.rand(3), drawn)
    device.restore_random_state(state)
    assert torch.equal(torch.rand(3), drawn)


@pytest.mark.parametrize(
    ("cuda", "apple", "expected"),
    [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_there_is_is_taken(monkeypatch, cuda, apple, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)
    assert device.pick_device().type == expected


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory")
def test_what_is_freed_is_returned():
    """Ten threads at once have one heap then, and a block of a megabyte goes back."""
    program = """
import ctypes, threading
from codekiln.device import return_freed_memory
if {told}:
    return_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
all_there, places = threading.Barrier(10), set()
def take():
    place = libc.malloc(1000)
    all_there.wait()
    places.add(place >> 26)
threads = [threading.Thread(target=take) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(places))
"""

    def heaps(told):
        command = [sys.executable, "-c", program.format(told=told)]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert heaps(told=True) < heaps(told=False)


def test_the_same_seed_gives_the_same_numbers():
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    state = torch.get_rng_state()
    try:
        draws = []
        for seed in (3, 3, 4):
            device.seed_everything(seed)
            draws.append(torch.rand(8).tolist())
        assert draws[0] == draws[1] != draws[2]
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_rng_state(state)
        torch.use_deterministic_algorithms(before, warn_only=warn_only)


def test_torch_is_asked_for_only_where_it_is_missing(monkeypatch):
    device.require_torch("Training")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        MissingExtraError, match=r"^Training needs .*pip install 'codekiln\[train\]'$"
    ):
        device.require_torch("Training")


def test_importing_it_imports_no_torch():
    command = "import sys, codekiln.device; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert found.stdout == b"False\n"
