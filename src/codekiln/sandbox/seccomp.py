"""A filter of system calls in classic BPF (`man 2 seccomp`), assembled here; `inside/kernel` loads it.

It names what no honest program needs (`seccomp.toml`) and answers EPERM; everything else is allowed. A call
of another architecture (32 bit, x32), which would have other numbers, ends the process.
"""

import platform
import struct
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

ALWAYS, IN_THE_OPEN, BY_WRITERS = "always", "in-the-open", "by-writers"
AS_ONESELF, SIGNALS, TRUNCATION = "as-oneself", "signals", "truncation"
EPERM, ENOSYS = 1, 38
AF_UNIX, PRIO_USER = 1, 2
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
CLONE_NEW = 0x7E020080  # namespaces: time, mount, cgroup, uts, ipc, user, pid, net
SETOWN, SETSIG, SETOWN_EX = 8, 10, 15  # of fcntl: signals to whom one names
FIOSETOWN, SIOCSPGRP = 0x8901, 0x8902  # of ioctl: the same

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7), "arm64": (1, 0xC00000B7)}


@dataclass(frozen=True)
class Condition:
    """A call is refused if this holds of 32 bits of an argument, the low ones unless `high`."""

    call: str
    argument: int
    values: tuple[int, ...] = ()  # one of these
    bits: int = 0  # or any of these bits
    other: bool = False  # or, with `other`, none of `values`
    high: bool = False


CONDITIONS = (
    Condition("clone", 0, bits=CLONE_NEW),
    Condition("socket", 0, values=(AF_UNIX,), other=True),
    Condition("socketpair", 0, values=(AF_UNIX,), other=True),
    Condition("ioctl", 1, values=(TIOCSTI, TIOCLINUX)),
)
# Only to whom one is connected: the pointer to an address is null.
SEND_TO_ADDRESS = (
    Condition("sendto", 4, values=(0,), other=True),
    Condition("sendto", 4, values=(0,), other=True, high=True),
)
TO_OTHERS = (
    Condition("prlimit64", 0, values=(0,), other=True),
    Condition("setpriority", 0, values=(PRIO_USER,)),
    Condition("setpriority", 1, values=(0,), other=True),
    Condition("sched_setaffinity", 0, values=(0,), other=True),
    Condition("fcntl", 1, values=(SETOWN, SETSIG, SETOWN_EX)),
    Condition("ioctl", 1, values=(FIOSETOWN, SIOCSPGRP)),
)


def supported() -> bool:
    """Whether we know this machine's numbers."""
    return platform.machine() in _MACHINES


def program(
    groups: Iterable[str] = (ALWAYS,), conditions: Iterable[Condition] = CONDITIONS
) -> bytes:
    """The filter, an array of `struct sock_filter` of eight bytes each."""
    column, architecture = _MACHINES[platform.machine()]
    code = [_load(_ARCHITECTURE), _jump(_EQUAL, architecture, 1, 0), _return(_KILL), _load(_NUMBER)]
    if column == 0:
        code += [_jump(_AT_LEAST, _X32, 0, 1), _return(_KILL)]
    for group in groups:
        for call, numbers in calls()[group].items():
            for number in numbers[column : column + 1]:
                error = ENOSYS if call == "clone3" else EPERM
                code += [_jump(_EQUAL, number, 0, 1), _return(_ERRNO | error)]
    known = {call: numbers for table in calls().values() for call, numbers in table.items()}
    for condition in conditions:
        code += _conditional(known[condition.call][column], condition)
    return b"".join([*code, _return(_ALLOW)])


@cache
def calls() -> Mapping[str, Mapping[str, list[int]]]:
    """By group and name, the numbers on each machine."""
    text = resources.files(__package__).joinpath("seccomp.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _conditional(number: int, condition: Condition) -> list[bytes]:
    refuse = _return(_ERRNO | EPERM)
    body = [_load(_ARGUMENTS + 8 * condition.argument + 4 * condition.high)]
    if condition.bits:
        body += [_jump(_ANY_BIT, condition.bits, 0, 1), refuse]
    elif condition.other:
        last = len(condition.values)
        body += [_jump(_EQUAL, v, last - n, 0) for n, v in enumerate(condition.values)]
        body.append(refuse)
    else:
        for value in condition.values:
            body += [_jump(_EQUAL, value, 0, 1), refuse]
    body.append(_load(_NUMBER))  # for the conditions that follow
    return [_jump(_EQUAL, number, 0, len(body)), *body]


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, offset)


def _jump(operation: int, value: int, if_true: int, if_false: int) -> bytes:
    return _instruction(operation, value, if_true, if_false)


def _return(value: int) -> bytes:
    return _instruction(_RETURN, value)


def _instruction(code: int, k: int, jt: int = 0, jf: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jt, jf, k)
