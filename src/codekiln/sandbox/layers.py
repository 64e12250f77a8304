"""The layers of a sandbox, by name. A back end has all that it can; tests take them away one by one."""

from enum import StrEnum


class Layer(StrEnum):
    """One thing that stands between a program and the machine. Each alone stops some attacks."""

    IDENTITY = "identity"  # a user that nobody else is, where we were started as root
    CAPABILITIES = "capabilities"  # none of root's, whoever it is
    ENVIRONMENT = "environment"  # cleared variables
    DESCRIPTORS = "descriptors"  # open files 0 to 2 and no others
    TREE = "tree"  # whatever the program started ends with it
    RLIMITS = "rlimits"  # memory, time, file size, processes and open files by setrlimit
    WATCH = "watch"  # wall clock, output, resident memory and disk, seen from outside
    MOUNTS = "mounts"  # a root folder of its own
    PIDS = "pids"  # sees no process but its own
    NETWORK = "network"  # a network without any interface but its own loopback
    IPC = "ipc"  # shared memory and message queues of its own
    LANDLOCK = "landlock"  # files by path, TCP, signals and abstract sockets by domain
    SECCOMP = "seccomp"  # system calls that no honest program needs
    CGROUP = "cgroup"  # memory and processes of the whole tree, by systemd


ALL = frozenset(Layer)
