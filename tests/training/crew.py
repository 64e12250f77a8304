"""Processes that train together, as `torchrun` starts them but forked from one that has torch imported."""

import multiprocessing
import os
import sys
import time

import torch
from torch.distributed import TCPStore

from codekiln.errors import CodekilnError
from codekiln.training.world import joined

PATIENCE = 120  # seconds until processes that have not ended count as hanging
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(
    ["codekiln.training.together", "codekiln.training.stage", "torch._dynamo"]
)


class Crew:
    """`size` processes that call `target(*args)` inside `joined`, as the command does.

    What they say when they fail goes to files in the folder `heard`.
    """

    def __init__(self, size, target, *args, heard=None):
        # As with torchrun, the store they meet by outlives each of them.
        self._store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        place = {"WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "TORCHELASTIC_RESTART_COUNT": 0}
        place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": self._store.port}
        place |= {"TORCHELASTIC_USE_AGENT_STORE": True}
        self.members = [
            CONTEXT.Process(
                target=_member,
                args=(place | {"RANK": rank} if size > 1 else {}, heard, target, args),
                daemon=True,
            )
            for rank in range(size)
        ]
        for member in self.members:
            member.start()

    def wait(self):
        """Their exit codes, once all have ended. If they hang they are killed, and the test fails."""
        end = time.monotonic() + PATIENCE
        for member in self.members:
            member.join(max(0.0, end - time.monotonic()))
        hanging = [member for member in self.members if member.is_alive()]
        for member in hanging:
            member.kill()
            member.join()
        assert not hanging
        return [member.exitcode for member in self.members]


def run(size, target, *args):
    """Let `size` processes do this, until all have ended well."""
    assert Crew(size, target, *args).wait() == [0] * size


def _member(place, heard, target, args):
    os.environ.update({name: str(value) for name, value in place.items()})
    torch.set_num_threads(1)
    try:
        with joined():
            target(*args)
    except CodekilnError as error:
        if heard is not None:
            (heard / f"heard-{os.getpid()}").write_text(str(error))
        sys.exit(error.exit_code)
