"""What the kernel offers to give rights up for good: prctl, Landlock, a filter of system calls.

`man 2 prctl`, `man 7 landlock`, `man 2 seccomp`. Whatever cannot be had raises OSError.
"""

from __future__ import annotations

import ctypes
import os
import sys

SET_SECCOMP, SET_NO_NEW_PRIVS, FILTER_MODE = 22, 38, 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF, ASK_VERSION, PATH_BENEATH = 444, 445, 446, 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
READ = EXECUTE | READ_FILE | READ_DIR
TCP, SCOPES = 3, 3  # bind and connect; abstract sockets and signals
# Rights of the versions 0 to 5: links across folders came with 2, truncation with 3, devices with 5.
RIGHTS = tuple((1 << count) - 1 for count in (0, 13, 14, 15, 15, 16))
_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    """`struct landlock_ruleset_attr`: what is refused unless a rule allows it."""

    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("place", ctypes.c_int32))


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def no_new_privileges() -> None:
    """No program that is started gains rights by being setuid."""
    if sys.platform == "linux":
        prctl(SET_NO_NEW_PRIVS, 1)


def restrict_paths(
    reads: list[str], listed: list[str], writes: list[str], devices: list[str]
) -> None:
    """Read below `reads`, see names below `listed`, everything below `writes`, read and write `devices`.

    All else is refused.
    """
    version = _call(CREATE_RULESET, None, 0, ASK_VERSION)
    handled = RIGHTS[min(version, len(RIGHTS) - 1)]
    attributes = _Ruleset(handled, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    granted = (
        (reads, READ),
        (listed, READ_DIR),
        (writes, handled & ~IOCTL),
        (devices, READ_FILE | WRITE_FILE),
    )
    for paths, rights in granted:
        for path in paths:
            try:
                _grant(ruleset, path, rights & handled)
            except (FileNotFoundError, PermissionError):
                pass  # there is nothing to grant
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _grant(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS
    _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_Beneath(rights, place)), 0)
    os.close(place)


def restrict_calls(code: bytes) -> None:
    """Load a filter, an array of `struct sock_filter` of eight bytes each."""
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    prctl(SET_SECCOMP, FILTER_MODE, ctypes.addressof(program))


def prctl(option: int, *arguments: int) -> None:
    """Raises OSError where the kernel refuses."""
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *values):
        raise OSError(ctypes.get_errno(), f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"call {number}: {os.strerror(ctypes.get_errno())}")
    return result
