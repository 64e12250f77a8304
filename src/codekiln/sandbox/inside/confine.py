"""The first process of a sandbox: it gives up every right, starts the program and says how it ended.

The host sends a specification (marshal; it is the host's own) over one descriptor and reads lines from
another: `confined`, `built STATUS`, `exit STATUS SECONDS BYTES`. Without `confined`, nothing has run.
"""

from __future__ import annotations

import marshal
import os
import resource
import sys

from .kernel import no_new_privileges, prctl, restrict_calls, restrict_paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SUBREAPER = 1, 4, 36
SIGKILL, SIGTERM = 9, 15
SCRIPT = "<script>"  # as in `program`


def main() -> None:
    """Descriptors come as arguments: that of the specification, that of the report."""
    source, report = int(sys.argv[1]), int(sys.argv[2])
    with os.fdopen(source, "rb") as file:
        spec = marshal.load(file)
    os.set_inheritable(report, False)
    set_dumpable(False)  # or the program might open our report, by way of /proc
    if spec["reaper"]:
        import signal

        prctl(PR_SET_SUBREAPER, 1)
        prctl(PR_SET_PDEATHSIG, SIGTERM)
        signal.signal(SIGTERM, _stop)
    child = os.fork()
    if child == 0:
        try:
            _become(spec, report)
        except BaseException as error:
            _say(report, f"failed {type(error).__name__}: {error}")
        os._exit(127)
    for descriptor in (0, 1, 2):
        os.close(descriptor)  # so that the program's end closes its pipes
    try:
        _, status, used = os.wait4(child, 0)
        seconds, ended = used.ru_utime + used.ru_stime, os.waitstatus_to_exitcode(status)
        _say(report, f"exit {ended} {seconds:.3f} {used.ru_maxrss * 1024}")
    finally:
        if spec["reaper"]:
            _sweep(spec["uid"])
        os._exit(0)


def _become(spec: dict[str, Any], report: int) -> None:
    """Turn into the program. Everything up to "confined" must succeed, or nothing runs.

    Files are written last: a copied folder may hold links, and nobody with rights may follow them.
    """
    if spec["reaper"]:
        import signal

        signal.signal(SIGTERM, signal.SIG_DFL)
    if spec["descriptors"]:
        os.closerange(3, report)
        os.closerange(report + 1, os.sysconf("SC_OPEN_MAX"))
    if sys.platform == "linux":
        os.setsid()  # elsewhere a tree is ended by its group
    os.umask(0o077)
    work = os.path.join(spec["home"], "work")
    os.mkdir(work)
    if spec["folder"]:
        _copy(spec["folder"], work)
    if spec["uid"] is not None:
        _change_user(spec["uid"], spec["home"], work)
    if spec["reaper"]:
        prctl(PR_SET_PDEATHSIG, SIGKILL)
    no_new_privileges()
    for name, values in spec["rlimits"].items():
        resource.setrlimit(getattr(resource, name), values)
    os.chdir(work)
    if spec["landlock"] is not None:
        restrict_paths(*spec["landlock"])
    if spec["seccomp"]:
        restrict_calls(spec["seccomp"])
    _write(spec["files"])
    _say(report, "confined")
    if spec["command"][0] == SCRIPT:
        os.close(report)
        _be_script(*spec["command"][1:], environment=spec["environment"])
    if spec["build"]:
        built = _spawn(spec["build"], spec["environment"])
        _say(report, f"built {built}")
        if built:
            os._exit(built if built > 0 else 128 - built)
    _execute(spec["command"], spec["environment"])


def _be_script(name: str, *arguments: str, environment: dict[str, str]) -> NoReturn:
    """Be one of our own scripts, without starting Python once more."""
    sys.path.pop(0)
    sys.argv[1:] = arguments
    os.environ.clear()
    os.environ.update(environment)
    set_dumpable(True)
    status = 1
    try:
        __import__(f"{__package__}.{name}", fromlist=["main"]).main()
        status = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _spawn(command: list[str], environment: dict[str, str]) -> int:
    """Run to its end; its status, negative for a signal."""
    child = os.fork()
    if child == 0:
        _execute(command, environment)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _execute(command: list[str], environment: dict[str, str]) -> NoReturn:
    try:
        os.execvpe(command[0], command, environment)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(127)


def set_dumpable(dumpable: bool) -> None:
    """Whether processes of the same user may read our memory and open our files, by way of /proc."""
    if sys.platform == "linux":
        prctl(PR_SET_DUMPABLE, int(dumpable))


def _copy(folder: str, work: str) -> None:
    from shutil import copytree  # takes as long as all else here

    copytree(folder, work, symlinks=True, dirs_exist_ok=True)


def _change_user(uid: int, home: str, work: str) -> None:
    """Become `uid`, and the home folder and all that lies in the work folder becomes theirs."""
    os.chown(home, uid, uid)
    for folder, folders, files in os.walk(work):
        os.chown(folder, uid, uid)
        for name in (*folders, *files):
            os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _write(files: dict[str, bytes]) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)


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
            _kill(pid)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _kill_all_of(uid: int) -> None:
    """Nobody else is this user, so its signal to everybody reaches its own processes alone."""
    child = os.fork()
    if child == 0:
        os.setresuid(uid, uid, uid)
        _kill(-1)
        os._exit(0)
    os.waitpid(child, 0)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, SIGKILL)
    except ProcessLookupError:
        pass  # has ended meanwhile


def _say(report: int, line: str) -> None:
    os.write(report, line.encode(errors="replace") + b"\n")
