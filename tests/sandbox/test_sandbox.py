"""What a program gets to see, what becomes of it, and that nothing runs without a sandbox."""

import os
import signal
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from codekiln.errors import SandboxError
from codekiln.sandbox import Layer, Limits, Program, Sandbox, python
from codekiln.sandbox import sandbox as sandbox_module
from codekiln.sandbox.backends import Bubblewrap, Landlock, Seatbelt, Unconfined
from codekiln.sandbox.backends.backend import visible
from codekiln.sandbox.backends.packages import split
from codekiln.sandbox.program import interpreter
from codekiln.sandbox.trial import failures
from sandbox.world import packaged

SMALL = Limits(seconds=5.0, memory=256 << 20, disk=8 << 20, output=1000, processes=8)


def test_a_program_is_run(sandbox):
    source = """import sys
print(sys.stdin.read().upper())
print(sys.argv[1:], file=sys.stderr)
sys.exit(3)
"""
    outcome = sandbox.run(python(source, "a", "b c", stdin=b"word"))
    assert (outcome.status, outcome.killed, outcome.succeeded) == (3, "", False)
    assert outcome.stdout == b"WORD\n"
    assert outcome.stderr == b"['a', 'b c']\n"
    assert 0 < outcome.cpu_seconds < outcome.wall_seconds < 10
    assert 4 << 20 < outcome.memory < 100 << 20


def test_success_is_status_0_alone(sandbox):
    assert sandbox.run(python("pass")).succeeded
    assert not sandbox.run(python("import os; os._exit(1)")).succeeded


def test_a_signal_is_told(sandbox):
    outcome = sandbox.run(python("import os; os.kill(os.getpid(), 9)"))
    assert (outcome.status, outcome.killed) == (-signal.SIGKILL, "")


def test_a_command_that_does_not_exist_ends_as_in_a_shell(sandbox):
    outcome = sandbox.run(Program(("no-such-command",)))
    assert outcome.status == 127
    assert outcome.stderr == b"no-such-command: No such file or directory\n"


def test_much_input_and_output_pass(sandbox):
    limits = replace(SMALL, output=3 << 20)
    data = os.urandom(1 << 20) * 2
    program = python("import shutil, sys; shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)")
    assert sandbox.run(replace(program, stdin=data), limits).stdout == data


def test_input_that_nobody_reads_is_no_trouble(sandbox):
    assert sandbox.run(python("pass", stdin=bytes(1 << 20))).succeeded


def test_files_and_a_folder_come_in_and_the_folder_stays_as_it_was(sandbox, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "old.txt").write_text("old")
    (tmp_path / "same.txt").write_text("before")
    source = """
import pathlib
print(*(p.read_text() for p in map(pathlib.Path, ("deep/old.txt", "same.txt", "new/file.txt"))))
pathlib.Path("same.txt").write_text("mine")
pathlib.Path("deep/old.txt").unlink()
"""
    files = {"same.txt": b"after", "new/file.txt": b"new"}
    program = python(source)
    program = replace(program, files={**program.files, **files}, folder=tmp_path)
    outcome = sandbox.run(program)
    assert outcome.stdout == b"old after new\n", outcome
    assert (tmp_path / "deep" / "old.txt").read_text() == "old"
    assert (tmp_path / "same.txt").read_text() == "before"


def test_a_link_in_a_folder_leads_no_file_out(sandbox, tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir(mode=0o777)
    outside.chmod(0o777)
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    program = Program(("true",), {"link/made": b"mine"}, folder=folder)
    with pytest.raises(SandboxError, match="nothing was run"):
        sandbox.run(program)
    assert list(outside.iterdir()) == []
    assert sandbox.run(replace(program, files={"made": b"mine"})).succeeded


def test_the_environment_is_what_was_given(sandbox, monkeypatch):
    monkeypatch.setenv("TOKEN", "secret")
    program = replace(python("import os; print(sorted(os.environ))"), environment={"GIVEN": "1"})
    names = eval(sandbox.run(program).stdout)  # noqa: S307
    assert set(names) - {"LC_CTYPE"} == {"GIVEN", "HOME", "LANG", "PATH", "TMPDIR"}


def test_packages_are_seen_by_who_asks_and_the_standard_library_by_all(sandbox):
    package = packaged()
    if package is None:
        pytest.skip("no Python of the system has packages")
    program = python(f"import json, sqlite3\nprint(len(open({str(package)!r}, 'rb').read()))")
    assert sandbox.run(program).status == 1
    asked = replace(program, reads=(package.parent,))
    assert int(sandbox.run(asked).stdout) == package.stat().st_size


def test_what_python_keeps_beside_its_library_is_not_seen(monkeypatch, tmp_path):
    """Environments and caches of packages, which lie in the same folder for some installers."""
    for folder in ("bin", "lib/python3/site-packages", "envs", "pkgs"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr("sys.base_prefix", str(tmp_path))
    seen = [path for path in visible(python("")) if Path(path).is_relative_to(tmp_path)]
    assert seen == [str(tmp_path / "bin"), str(tmp_path / "lib")]


def test_rules_that_only_allow_leave_out_what_is_hidden(tmp_path):
    for folder in ("bin", "lib/python3/json", "lib/python3/site-packages/tests", "else"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib" / "link").symlink_to(tmp_path / "else")
    library = tmp_path / "lib" / "python3"
    tops = (str(tmp_path / "bin"), str(tmp_path / "lib"))
    whole, listed = split(tops, (library / "site-packages",))
    assert sorted(whole) == [str(tmp_path / "bin"), str(library / "json")]
    assert sorted(listed) == [str(tmp_path / "lib"), str(library)]


def test_the_profile_of_macos_takes_packages_back(monkeypatch):
    """There the last rule that matches is the one that holds."""
    packages = Path("/usr/lib/python3/dist-packages")
    monkeypatch.setattr("codekiln.sandbox.backends.seatbelt.hidden", lambda program: (packages,))
    with Seatbelt().place(python(""), Limits()) as place:
        allowed, found, after = place.wrapper[2].partition(
            f'(deny file-read* (subpath "{packages}"))'
        )
    assert found
    assert '(subpath "/usr")' in allowed
    assert "(allow file-read* file-write*" in after


def test_it_runs_as_nobody_that_exists(sandbox):
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    source = "import os; print(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())"
    first, second = (sandbox.run(python(source)).stdout.split() for _ in range(2))
    assert int(first[0]) >= 60578
    assert first != second
    assert first[0] == first[1] == first[2]
    assert first[3:] == [b"[]"]


@pytest.mark.parametrize(
    ("why", "source"),
    [
        ("time", "import time; time.sleep(60)"),
        ("output", "print('x' * 5000, flush=True); import time; time.sleep(60)"),
        (
            "memory",
            "import os, time; os.fork(); os.fork(); x = bytearray(b'x') * (120 << 20); time.sleep(60)",
        ),
    ],
)
def test_what_passes_a_limit_is_killed_for_it(sandbox, why, source):
    limits = replace(SMALL, seconds=1.0) if why == "time" else SMALL
    outcome = sandbox.run(python(source), limits)
    assert (outcome.killed, outcome.status, outcome.succeeded) == (why, None, False)
    assert outcome.timed_out == (why == "time")
    assert len(outcome.stdout) <= SMALL.output
    assert outcome.wall_seconds < 5


def test_processor_time_that_runs_out_is_time(sandbox):
    source = "import os\nfor _ in range(3): os.fork()\nwhile True: pass"
    outcome = sandbox.run(python(source), replace(SMALL, seconds=1.0, processes=16))
    assert outcome.timed_out


def test_one_process_that_wants_too_much_gets_a_memory_error(sandbox):
    outcome = sandbox.run(python("bytearray(1 << 30)"), SMALL)
    assert outcome.status == 1
    assert b"MemoryError" in outcome.stderr


def test_a_build_comes_first_and_its_failure_is_told_apart(sandbox):
    build = (interpreter(), "-c", "open('made', 'w').write('built'); import sys; sys.exit({})")
    run = (interpreter(), "-c", "print(open('made').read())")
    built = sandbox.run(Program(run, build=(*build[:2], build[2].format(0))))
    assert (built.stdout, built.build_failed) == (b"built\n", False)
    failed = sandbox.run(Program(run, build=(*build[:2], build[2].format(7))))
    assert (failed.stdout, failed.build_failed, failed.status) == (b"", True, 7)
    assert not failed.succeeded


def test_the_report_cannot_be_forged(sandbox):
    """The first process holds the pipe on which it says how the program ended."""
    source = """
import os
try:
    pids = list(filter(str.isdigit, os.listdir("/proc")))
except OSError:
    pids = [os.getppid()]
for pid in pids:
    for number in range(40):
        try:
            os.write(os.open(f"/proc/{pid}/fd/{number}", os.O_WRONLY), b"exit 0 0 0\\n")
        except OSError:
            pass
os._exit(5)
"""
    outcome = sandbox.run(python(source))
    assert outcome.status == 5


def test_an_end_that_nobody_saw_is_no_success(sandbox):
    source = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos._exit(0)"
    outcome = sandbox.run(python(source))
    assert outcome.status in (None, 0, 1)  # killed the witness, or was not allowed to
    assert outcome.succeeded == (outcome.status == 0)


def test_files_of_a_run_are_gone_even_where_they_were_locked_away(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tmp_path.chmod(0o711)
    for parent in tmp_path.parents[:-1]:
        if parent.stat().st_uid == os.getuid() and parent != tmp_path.parents[-2]:
            parent.chmod(parent.stat().st_mode | 0o011)
    source = """
import os
for _ in range(700):
    os.mkdir("deep")
    os.chdir("deep")
os.chmod(".", 0)
"""
    outcome = sandbox.run(python(source))
    assert outcome.status == 0, outcome
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_do_not_mix(sandbox):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda n: sandbox.run(python(f"print({n})")), range(12)))
    assert [int(outcome.stdout) for outcome in outcomes] == list(range(12))


def test_the_soundest_that_works_is_taken(monkeypatch):
    if Landlock().missing():
        pytest.skip(Landlock().missing())
    sandbox_module._soundest.cache_clear()
    blocked = replace(Bubblewrap(), layers=frozenset())
    monkeypatch.setattr(sandbox_module, "BACKENDS", (blocked, Landlock()))
    assert Sandbox.find().backend == Landlock()
    sandbox_module._soundest.cache_clear()


def test_without_one_nothing_is_run_and_the_remedy_is_told(monkeypatch):
    sandbox_module._soundest.cache_clear()
    monkeypatch.setattr(sandbox_module, "BACKENDS", (Unconfined(),))
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        Sandbox.find()
    assert Sandbox.unsafe().run(python("print(1)")).stdout == b"1\n"
    sandbox_module._soundest.cache_clear()


def test_a_sound_back_end_passes_the_trial(sandbox):
    assert failures(sandbox.backend) == ""


@pytest.mark.parametrize(
    ("backend", "missing", "told"),
    [
        (Bubblewrap(), {Layer.SECCOMP, Layer.NETWORK}, "reach a network"),
        (Bubblewrap(), {Layer.IDENTITY}, "be root"),
        (Landlock(), {Layer.LANDLOCK}, "write a file outside"),
        (Landlock(), {Layer.SECCOMP}, "reach a network"),
        (Landlock(), {Layer.IDENTITY, Layer.LANDLOCK}, "signal its host"),
    ],
    ids=str,
)
def test_one_that_restricts_nothing_fails_the_trial(backend, missing, told):
    if backend.missing() or (Layer.IDENTITY in missing and os.geteuid() != 0):
        pytest.skip("not on this machine")
    if told == "reach a network" and not _has_route():
        pytest.skip("this machine has no network to be reached")
    assert told in failures(replace(backend, layers=backend.layers - missing))


def _has_route() -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return False
    return True


def test_a_back_end_that_cannot_start_is_an_error_and_no_outcome(sandbox, monkeypatch):
    monkeypatch.setattr(type(sandbox.backend), "place", _broken_place(type(sandbox.backend).place))
    with pytest.raises(SandboxError, match="nothing was run"):
        sandbox.run(python("print('ran')"))


def _broken_place(place):
    from contextlib import contextmanager

    @contextmanager
    def broken(self, program, limits):
        with place(self, program, limits) as made:
            yield replace(made, seccomp=b"no filter")

    return broken
