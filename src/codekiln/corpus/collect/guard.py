"""What keeps one file from taking the run, or the machine, along with its worker.

A few kilobytes that mean harm can lead a parser into a single step that takes hours, or all memory, and
that asks nobody in between (docs/log.md has examples). So a worker process may take so long for a batch and
so much memory, and no more: then it ends, and the file it was at stands in a note on disk.
"""

import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 120.0  # seconds for one batch, of which a thousandth is usual
MEMORY = 3_000_000_000  # bytes of address space on top of what a worker has when it begins
NOWHERE = -1


@dataclass(frozen=True)
class Guard:
    """The limits for workers, and the folder of their notes (`""`: they keep none); can be pickled."""

    notes: str
    patience: float
    memory: int

    def suspects(self) -> list[int]:
        """The places of the files that workers were at when they ended; asked again, it is none."""
        found = []
        for note in Path(self.notes).iterdir() if self.notes else ():
            content = note.read_bytes()
            note.unlink()
            if content:
                found.append(int.from_bytes(content, "little", signed=True))
        return sorted(set(found) - {NOWHERE})


class Watch:
    """The guard of one worker, in its process."""

    def __init__(self, guard: Guard) -> None:
        """Set the limit of memory, where the system knows one, and begin a note."""
        self._patience = guard.patience
        self._silent = Path(os.devnull).open("wb")  # noqa: SIM115 - as long as the process
        self._note = None
        if guard.notes:
            self._note = Path(guard.notes, str(os.getpid())).open("wb", buffering=0)  # noqa: SIM115
            _limit_memory(guard.memory)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """End this process if the block takes longer than there is patience."""
        faulthandler.dump_traceback_later(self._patience, exit=True, file=self._silent)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()
            self.at(NOWHERE)

    def at(self, place: int) -> None:
        """Note which file comes next."""
        if self._note:
            self._note.seek(0)
            self._note.write(place.to_bytes(8, "little", signed=True))


def _limit_memory(more: int) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = pages * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
