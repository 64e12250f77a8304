"""One run, seen from outside: started, watched, ended, and what became of it.

What a program writes is read up to a bound; nothing it writes is believed. How it ended comes from the
first process of the sandbox, over a pipe that the program cannot open.
"""

import marshal
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any

from codekiln.errors import SandboxError
from codekiln.sandbox.backends import Backend, Place
from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Killed, Outcome
from codekiln.sandbox.processes import occupied, resident, tasks_of_user
from codekiln.sandbox.program import SCRIPTS, Program, interpreter, script

TICK = 0.025  # seconds between two looks at memory and disk
GRACE = 1.0  # seconds for the first process to end what is left
LINGER = 0.2  # seconds for output that a program's orphans hold open
PIECE = 1 << 16
PATH = "/usr/local/bin:/usr/bin:/bin"


class Run:
    """A program that was started. `attend` watches over it; `close` ends it, whatever happens.

    `stdin` and `stdout` may be descriptors, where two programs talk to each other.
    """

    def __init__(
        self,
        backend: Backend,
        program: Program,
        limits: Limits,
        stdin: int | None = None,
        stdout: int | None = None,
    ) -> None:
        self._layers, self._limits = backend.layers, limits
        self._cleanup = ExitStack()
        self._written = {"stdout": bytearray(), "stderr": bytearray(), "report": bytearray()}
        self._killed: Killed = ""
        self._peak, self._ended = 0, 0.0
        self._place = self._cleanup.enter_context(backend.place(program, limits))
        self._pending = memoryview(program.stdin)
        self._process, self._report = self._start(program, stdin, stdout)
        self._selector = self._cleanup.enter_context(selectors.DefaultSelector())
        self._register()
        self._begun = time.monotonic()

    def _start(
        self, program: Program, stdin: int | None, stdout: int | None
    ) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        here = Layer.ENVIRONMENT in self._layers
        specification = self._cleanup.enter_context(tempfile.TemporaryFile())
        specification.write(marshal.dumps(self._specification(program)))
        specification.seek(0)
        receiver, sender = os.pipe()
        report = self._cleanup.enter_context(os.fdopen(receiver, "rb", buffering=0))
        handed = (specification.fileno(), sender)
        command = [*self._place.wrapper, *self._here(script("confine").command)]
        try:
            process = subprocess.Popen(
                [*command, *map(str, handed)],
                stdin=subprocess.PIPE if stdin is None else stdin,
                stdout=subprocess.PIPE if stdout is None else stdout,
                stderr=subprocess.PIPE,
                env={"PATH": PATH} if here else dict(os.environ),
                cwd="/",
                pass_fds=handed,
                close_fds=Layer.DESCRIPTORS in self._layers,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"The sandbox cannot start {command[0]}: {error}.") from error
        finally:
            os.close(sender)
        return process, report

    def _specification(self, program: Program) -> dict[str, Any]:
        place, layers = self._place, self._layers
        environment = {
            "PATH": PATH,
            "HOME": place.home,
            "TMPDIR": place.home,
            "LANG": "C.UTF-8",
            **program.environment,
        }
        if Layer.ENVIRONMENT not in layers:
            environment = {**os.environ, **environment}
        return {
            "command": self._here(program.command),
            "build": self._here(program.build),
            "files": {name: bytes(content) for name, content in program.files.items()},
            "folder": place.folder,
            "environment": environment,
            "home": place.home,
            "work": f"{place.home}/work",
            "uid": place.uid,
            "landlock": place.landlock,
            "seccomp": place.seccomp,
            "rlimits": self._rlimits(program, place) if Layer.RLIMITS in layers else {},
            "descriptors": Layer.DESCRIPTORS in layers,
            "reaper": place.reaper,
        }

    def _here(self, command: tuple[str, ...]) -> list[str]:
        """The back end may have to take another interpreter than ours, and knows where our scripts lie."""
        known = {interpreter(): self._place.python, SCRIPTS: os.path.dirname(self._place.inside)}
        return [known.get(word, word) for word in command]

    def _rlimits(self, program: Program, place: Place) -> dict[str, int]:
        """A user with processes elsewhere may have so many more; an unused one has none."""
        limits = self._limits
        others = tasks_of_user() if place.uid is None else 0
        values = {
            "RLIMIT_CPU": max(1, round(limits.seconds)),
            "RLIMIT_FSIZE": limits.disk,
            "RLIMIT_NPROC": limits.processes + others,
            "RLIMIT_NOFILE": limits.open_files,
            "RLIMIT_CORE": 0,
        }
        return values if program.managed else {**values, "RLIMIT_AS": limits.memory}

    def _register(self) -> None:
        sources = {
            "stdout": self._process.stdout,
            "stderr": self._process.stderr,
            "report": self._report,
        }
        for name, source in sources.items():
            if source is not None:
                os.set_blocking(source.fileno(), False)
                self._selector.register(source, selectors.EVENT_READ, name)
        if self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)
            self._selector.register(self._process.stdin, selectors.EVENT_WRITE, "stdin")

    @property
    def running(self) -> bool:
        """Whether something of it may still come."""
        if self._killed:
            return False
        open_ = {key.data for key in self._selector.get_map().values()} - {"stdin"}
        if "report" in open_:
            return True
        self._ended = self._ended or time.monotonic()
        return bool(open_) and time.monotonic() < self._ended + LINGER

    def step(self, seconds: float) -> None:
        """Read and write what is ready, for at most `seconds`; then see whether a limit is passed."""
        for key, _ in self._selector.select(seconds):
            if key.data == "stdin":
                self._feed(key.fileobj)
            else:
                self._drain(key)
        if Layer.WATCH in self._layers:
            self._watch()

    def _feed(self, sink: Any) -> None:
        try:
            if self._pending:
                self._pending = self._pending[os.write(sink.fileno(), self._pending[:PIECE]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._pending = memoryview(b"")
        if not self._pending:
            self._selector.unregister(sink)
            sink.close()

    def _drain(self, key: selectors.SelectorKey) -> None:
        piece = os.read(key.fd, PIECE)
        if not piece:
            self._selector.unregister(key.fileobj)
            return
        written = self._written[key.data]
        written += piece
        if len(written) > self._limits.output and Layer.WATCH in self._layers:
            del written[self._limits.output :]
            self.kill("output")

    def _watch(self) -> None:
        if not self.running:
            return
        if time.monotonic() > self._begun + self._limits.seconds:
            self.kill("time")
            return
        held = resident(self._process.pid)
        self._peak = max(self._peak, held)
        if held > self._limits.memory:
            self.kill("memory")
        elif self._place.disk is not None and occupied(self._place.disk) > self._limits.disk:
            self.kill("disk")

    def kill(self, why: Killed) -> None:
        """End the whole tree now."""
        self._killed = self._killed or why
        if self._process.poll() is not None:
            return
        if self._place.reaper:  # ends what is left, then itself
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> Outcome:
        """End it if it has not ended, clear up, and say what became of it.

        Raises:
            SandboxError: the sandbox itself failed, so that the program never ran.
        """
        if self.running:
            self.kill("caller")
        self._process.wait()
        seconds = time.monotonic() - self._begun
        with self._cleanup:
            for source in (self._process.stdin, self._process.stdout, self._process.stderr):
                if source is not None:
                    source.close()
        return self._outcome(seconds)

    def _outcome(self, seconds: float) -> Outcome:
        lines = bytes(self._written["report"]).decode(errors="replace").splitlines()
        report = dict(line.partition(" ")[::2] for line in lines)
        if "confined" not in report and not self._killed:
            why = report.get("failed") or bytes(self._written["stderr"]).decode(errors="replace")
            raise SandboxError(
                f"The sandbox could not be set up, so nothing was run: {why.strip() or 'no reason'}."
            )
        status, cpu, peak = report.get("exit", "0 0 0").split()
        ended = "exit" in report and not self._killed
        return Outcome(
            status=int(status) if ended else None,
            stdout=bytes(self._written["stdout"]),
            stderr=bytes(self._written["stderr"]),
            killed=self._killed,
            build_failed=report.get("built", "0") != "0",
            wall_seconds=seconds,
            cpu_seconds=float(cpu),
            memory=max(int(peak), self._peak),
        )


def attend(runs: Sequence[Run], last: Run | None = None) -> list[Outcome]:
    """Watch until all have ended, or `last` has; the others are then ended. Outcomes as `runs`."""
    awaited = [last] if last else list(runs)
    try:
        while any(run.running for run in awaited):
            for run in runs:
                if run.running:
                    run.step(TICK / len(runs))
    finally:
        outcomes = [run.close() for run in runs]
    return outcomes
