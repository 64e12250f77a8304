"""Several processes that train together, as `torchrun` would start them but forked: torch is imported once."""

import multiprocessing
import os
import socket
import time
from contextlib import contextmanager

import torch

from codekiln.training.world import joined

PATIENCE = 120  # seconds until a crew that does not end counts as hanging
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["codekiln.training.together", "codekiln.training.stage", "torch._dynamo"])


def start(size, target, *args):
    """`size` processes that call `target(*args)` inside `joined`; the first of them keeps the store."""
    port = _free_port()
    members = [
        CONTEXT.Process(target=_member, args=(rank, size, port, target, args), daemon=True)
        for rank in range(size)
    ]
    for member in members:
        member.start()
    return members


def wait(members):
    """Their exit codes, once all have ended.

    Raises:
        TimeoutError: they have not after `PATIENCE` seconds; they are killed.
    """
    try:
        end = time.monotonic() + PATIENCE
        for member in members:
            member.join(max(0.0, end - time.monotonic()))
        if any(member.is_alive() for member in members):
            raise TimeoutError(f"hanging: {[member.exitcode for member in members]}")
    finally:
        for member in members:
            member.kill()
            member.join()
    return [member.exitcode for member in members]


def run(size, target, *args):
    """As `start`, until all have ended well."""
    assert wait(start(size, target, *args)) == [0] * size


def _member(rank, size, port, target, args):
    os.environ |= {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    torch.set_num_threads(1)
    with joined():
        target(*args)


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
