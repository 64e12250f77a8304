"""The first process of a sandbox: it gives up every right, starts the program and says how it ended.

The host sends a specification (marshal; it is the host's own) over one descriptor and reads lines from
another: `confined`, `built STATUS`, `exit STATUS SECONDS BYTES`. Without `confined`, nothing has run.
"""

import ctypes
import marshal
import os
import resource
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_SUBREAPER = 1, 4, 22, 36
PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 38, 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT, LANDLOCK_VERSION = 444, 445, 446, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL = 1, 2, 4, 8, 1 << 14, 1 << 15
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL
READ = EXECUTE | READ_FILE | READ_DIR
RIGHTS_OF_VERSION = (0, (1 << 13) - 1, (1 << 14) - 1, (1 << 15) - 1, (1 << 15) - 1, (1 << 16) - 1)
PRIVATE = os.O_PATH | os.O_CLOEXEC
_libc = ctypes.CDLL(None, use_errno=True)


class Rules(ctypes.Structure):
    """`struct landlock_ruleset_attr`: what is refused unless a rule allows it."""

    _fields_ = (("files", ctypes.c_uint64), ("tcp", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class Beneath(ctypes.Structure):
    """`struct landlock_path_beneath_attr`."""

    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def main() -> None:
    """Descriptors come as arguments: that of the specification, that of the report."""
    specification, report = int(sys.argv[1]), int(sys.argv[2])
    with os.fdopen(specification, "rb") as source:
        spec = marshal.load(source)
    os.set_inheritable(report, False)
    if sys.platform == "linux":
        _prctl(PR_SET_DUMPABLE, 0)  # nobody reads our memory or opens our report by way of /proc
    if spec["reaper"]:
        _prctl(PR_SET_SUBREAPER, 1)
        _prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        signal.signal(signal.SIGTERM, _stop)
    child = os.fork()
    if child == 0:
        try:
            _become(spec, report)
        except BaseException as error:
            _say(report, f"failed {type(error).__name__}: {error}")
        os._exit(127)
    for descriptor in (0, 1, 2):
        os.close(descriptor)  # the program's end of file is seen, whatever becomes of us
    try:
        _, status, used = os.wait4(child, 0)
        seconds = used.ru_utime + used.ru_stime
        ended = os.waitstatus_to_exitcode(status)
        _say(report, f"exit {ended} {seconds:.3f} {used.ru_maxrss * 1024}")
    finally:
        if spec["reaper"]:
            _sweep(spec["uid"])


def _become(spec: dict, report: int) -> None:
    """Turn into the program. Everything here must succeed, or nothing runs."""
    if spec["reaper"]:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if spec["descriptors"]:
        os.closerange(3, report)
        os.closerange(report + 1, os.sysconf("SC_OPEN_MAX"))
    os.setsid()
    os.umask(0o077)
    _lay_out(spec)
    if spec["uid"] is not None:
        _change_user(spec["uid"], spec["home"])
    if spec["reaper"]:
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if sys.platform == "linux":
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
    for name, value in spec["rlimits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    if spec["landlock"] is not None:
        _landlock(*spec["landlock"])
    if spec["seccomp"]:
        _seccomp(spec["seccomp"])
    _say(report, "confined")
    if spec["build"]:
        built = os.spawnvpe(os.P_WAIT, spec["build"][0], spec["build"], spec["environment"])
        _say(report, f"built {built}")
        if built:
            os._exit(built if built > 0 else 128 - built)
    os.execvpe(spec["command"][0], spec["command"], spec["environment"])


def _change_user(uid: int, home: str) -> None:
    """Become `uid`, and the home folder with what is in it becomes theirs."""
    for folder, _, names in os.walk(home):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            os.chown(path, uid, uid, follow_symlinks=False)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _lay_out(spec: dict) -> None:
    """The work folder: first the copied folder, then the files."""
    work = spec["work"]
    os.makedirs(work, exist_ok=True)
    if spec["folder"]:
        from shutil import copytree

        copytree(spec["folder"], work, symlinks=True, dirs_exist_ok=True)
    for name, content in spec["files"].items():
        path = os.path.join(work, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    os.chdir(work)


def _landlock(reads: list, writes: list, devices: list) -> None:
    """Read below `reads`, everything below `writes`, read and write `devices`; all else is refused."""
    version = _syscall(LANDLOCK_CREATE, None, 0, LANDLOCK_VERSION)
    handled = RIGHTS_OF_VERSION[min(version, len(RIGHTS_OF_VERSION) - 1)]
    rules = Rules(handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _syscall(LANDLOCK_CREATE, ctypes.byref(rules), size, 0)
    granted = [(reads, READ), (writes, handled & ~IOCTL), (devices, READ_FILE | WRITE_FILE)]
    for paths, rights in granted:
        for path in paths:
            with suppress(FileNotFoundError, PermissionError):  # then there is nothing to grant
                _allow(ruleset, path, rights & handled)
    _syscall(LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, PRIVATE)
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS
    _syscall(LANDLOCK_ADD, ruleset, 1, ctypes.byref(Beneath(rights, place)), 0)
    os.close(place)


def _seccomp(code: bytes) -> None:
    buffer = ctypes.create_string_buffer(code, len(code))

    class Filter(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    filter_ = Filter(len(code) // 8, ctypes.addressof(buffer))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(filter_))


def _prctl(option: int, *arguments: int) -> None:
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(option, *values):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _syscall(number: int, *arguments: object) -> int:
    result = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"syscall {number}")
    return result


def _stop(*_: object) -> None:
    raise SystemExit(143)


def _sweep(uid: int | None) -> None:
    """End what the program left behind. Its orphans are our children, so that none gets away."""
    if uid is not None:
        _kill_all_of(uid)
    while True:
        with open("/proc/thread-self/children") as file:
            children = [int(pid) for pid in file.read().split()]
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill_all_of(uid: int) -> None:
    """Nobody else is this user, so its signal to everybody reaches its own processes alone."""
    child = os.fork()
    if child == 0:
        os.setresuid(uid, uid, uid)
        with suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(child, 0)


def _say(report: int, line: str) -> None:
    os.write(report, line.encode(errors="replace") + b"\n")
