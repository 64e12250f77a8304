"""The filter as the kernel would run it, and its numbers as the kernel's headers have them."""

import platform
import re
import struct
from pathlib import Path

import pytest

from codekiln.sandbox import seccomp
from codekiln.sandbox.backends import landlock

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026
X86, ARM = ("x86_64", 0xC000003E), ("aarch64", 0xC00000B7)
# 32-bit calls of the generic table; clone3 and all newer ones have the same number everywhere.
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def verdict(code: bytes, number: int, *arguments: int, architecture: int = X86[1]) -> int:
    """Classic BPF, as far as `man 2 seccomp` lets a filter use it."""
    values = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=iIQ6Q", number, architecture, 0, *(v % 2**64 for v in values))
    place, a = 0, 0
    while True:
        op, jt, jf, k = struct.unpack_from("=HBBI", code, 8 * place)
        place += 1
        if op == 0x20:
            (a,) = struct.unpack_from("=I", data, k)
        elif op == 0x06:
            return k
        else:
            holds = {0x15: a == k, 0x35: a >= k, 0x45: bool(a & k)}[op]
            place += jt if holds else jf


@pytest.fixture
def x86(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def test_what_programs_need_is_allowed(x86):
    code = seccomp.program()
    for number in (
        0,
        1,
        2,
        9,
        57,
        59,
        60,
        231,
        257,
        334,
    ):  # read, write, open, mmap, fork, exec, exit …
        assert verdict(code, number) == ALLOW


@pytest.mark.parametrize(
    ("number", "arguments", "expected"),
    [
        (101, (), EPERM),  # ptrace
        (272, (), EPERM),  # unshare
        (435, (), ENOSYS),  # clone3
        (56, (0x11,), ALLOW),  # clone, as fork does it
        (56, (0x3D0F00,), ALLOW),  # clone, as a thread is made
        (56, (0x10000011,), EPERM),
        (56, (0x20000 | 0x11,), EPERM),
        (41, (1, 1, 0), ALLOW),  # socket
        (41, (2, 1, 0), EPERM),
        (41, (10, 2, 0), EPERM),
        (41, (0x1_0000_0002, 1, 0), EPERM),  # the kernel takes 32 bits
        (53, (1,), ALLOW),
        (53, (2,), EPERM),
        (16, (0, 0x5401), ALLOW),  # ioctl
        (16, (0, 0x5412), EPERM),
        (16, (0, 0xF_0000_5412), EPERM),
        (39 | 0x40000000, (), KILL),
    ],
)
def test_what_reaches_further_is_not(x86, number, arguments, expected):
    assert verdict(seccomp.program(), number, *arguments) == expected


def test_another_architecture_ends_the_process(x86):
    assert verdict(seccomp.program(), 20, architecture=0x40000003) == KILL
    assert verdict(seccomp.program(), 20) == ALLOW


def test_an_address_is_seen_in_either_half(x86):
    code = seccomp.program(conditions=seccomp.SEND_TO_ADDRESS)
    assert verdict(code, 44, 3, 0, 0, 0, 0, 0) == ALLOW
    for address in (0x7FFF_0000_1000, 1 << 32, 1):
        assert verdict(code, 44, 3, 0, 0, 0, address, 0) == EPERM


def test_others_are_out_of_reach_and_oneself_is_not(x86):
    code = seccomp.program(conditions=seccomp.TO_OTHERS)
    assert verdict(code, 302, 0) == ALLOW  # prlimit64
    assert verdict(code, 302, 1234) == EPERM
    assert verdict(code, 141, 0, 0) == ALLOW  # setpriority
    assert verdict(code, 141, 0, 1234) == EPERM
    assert verdict(code, 141, 2, 0) == EPERM
    assert verdict(code, 72, 3, 4) == ALLOW  # fcntl
    assert verdict(code, 72, 3, 8) == EPERM
    assert verdict(code, 16, 3, 0x5452) == ALLOW  # ioctl
    assert verdict(code, 16, 3, 0x8901) == EPERM
    assert verdict(code, 16, 3, 0x8902) == EPERM


@pytest.mark.parametrize("uid", [None, 60578])
def test_without_namespaces_files_are_not_changed_by_path(x86, monkeypatch, uid):
    monkeypatch.setattr(landlock, "version", lambda: 2)
    code = landlock._filter(uid)
    assert verdict(code, 280) == EPERM  # utimensat
    assert verdict(code, 188) == EPERM  # setxattr
    assert verdict(code, 76) == EPERM  # truncate
    assert verdict(code, 77) == ALLOW  # ftruncate
    assert verdict(code, 90) == (EPERM if uid is None else ALLOW)  # chmod
    monkeypatch.setattr(landlock, "version", lambda: 3)
    assert verdict(landlock._filter(uid), 76) == ALLOW


def test_arm_has_numbers_of_its_own(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    code = seccomp.program([seccomp.ALWAYS, seccomp.AS_ONESELF])
    assert verdict(code, 117, architecture=ARM[1]) == EPERM  # ptrace
    assert verdict(code, 198, 2, architecture=ARM[1]) == EPERM  # socket
    assert verdict(code, 101, architecture=ARM[1]) == ALLOW
    assert verdict(code, 117, architecture=X86[1]) == KILL


def test_an_unknown_processor_has_none(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not seccomp.supported()


@pytest.mark.parametrize(("machine", "column"), [("x86_64", 0), ("aarch64", 1)])
def test_the_numbers_are_the_kernels(machine, column):
    if not HEADERS[machine].exists():
        pytest.skip("no headers of the kernel here")
    text = HEADERS[machine].read_text()
    known = {name: int(n) for name, n in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    assert len(known) > 250
    compared = 0
    for group in seccomp.calls().values():
        for name, numbers in group.items():
            if name in known:
                assert numbers[column] == known[name], name
                compared += 1
            else:  # newer than the headers, or not on this machine
                assert all(number >= 443 for number in numbers[column : column + 1]), name
    assert compared > 80
