"""How much of the machine a program may use."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a run may take at most. A program that wants more fails or is killed.

    `memory` bounds the address space of each process, and what all of them hold together; `disk` the
    largest file and the sum of all; `output` each of stdout and stderr. All three are bytes.
    """

    seconds: float = 10.0  # on the clock, and of processor time a process
    memory: int = 1 << 30
    disk: int = 64 << 20
    output: int = 1 << 20
    processes: int = 64
    open_files: int = 128
