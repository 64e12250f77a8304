"""One run, seen from outside: started, watched, ended, and what became of it.

What a program writes is read up to a bound; nothing it writes is believed. How it ended comes from the
first process of the sandbox, over a pipe that the program cannot open.
"""

import marshal
import os
import select
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import IO, Any

from codekiln.errors import SandboxError
from codekiln.sandbox.backends import Backend
from codekiln.sandbox.cgroup import BUS, scope
from codekiln.sandbox.layers import Layer
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Killed, Outcome
from codekiln.sandbox.processes import children, entries, occupied, resident, tree
from codekiln.sandbox.program import Program
from codekiln.sandbox.specification import PATH, specification
from codekiln.sandbox.unnamed import deleted_files, shared_memory

TICK = 0.025  # seconds between two looks at memory and disk
GRACE = 1.0  # seconds for the first process to end what is left
LINGER = 0.2  # seconds for output that a program's orphans hold open
PIECE = 1 << 16
CONFINE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from inside import confine; confine.main()"
)


class Run:
    """A program that was started. `attend` watches over it; `end` ends it, whatever happens.

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
        self._written = {"stdout": bytearray(), "stderr": bytearray(), "report": bytearray()}
        self._pending = memoryview(program.stdin)
        self._killed: Killed = ""
        self._first: int | None = None
        self._inside = ""  # the root folder of the sandbox, seen from here
        self._peak, self._seconds, self._silent_since, self._next_look = 0, 0.0, 0.0, 0.0
        self._begun = time.monotonic()
        with ExitStack() as stack:
            self._place = stack.enter_context(backend.place(program, limits))
            self._process, report = self._start(stack, program, stdin, stdout)
            self._cleanup = stack.pop_all()
        process = self._process
        pipes = {"stdout": process.stdout, "stderr": process.stderr, "report": report}
        self._open = {name: pipe for name, pipe in pipes.items() if pipe is not None}
        for pipe in (process.stdin, *self._open.values()):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)

    def _start(
        self, stack: ExitStack, program: Program, stdin: int | None, stdout: int | None
    ) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        told = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        told.write(marshal.dumps(specification(self._place, program, self._limits, self._layers)))
        told.seek(0)
        receiver, sender = os.pipe()
        report = stack.enter_context(os.fdopen(receiver, "rb", buffering=0))
        handed, closing = (told.fileno(), sender), Layer.DESCRIPTORS in self._layers
        for descriptor in () if closing else handed:
            os.set_inheritable(descriptor, True)
        try:
            process = subprocess.Popen(
                [*self._command(program), *map(str, handed)],
                stdin=subprocess.PIPE if stdin is None else stdin,
                stdout=subprocess.PIPE if stdout is None else stdout,
                stderr=subprocess.PIPE,
                env=self._environment(),
                cwd="/",
                pass_fds=handed if closing else (),
                close_fds=closing,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(
                f"The sandbox cannot be started ({error}): see `codekiln doctor`."
            ) from error
        finally:
            os.close(sender)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                stack.enter_context(pipe)
        return process, report

    def _command(self, program: Program) -> list[str]:
        place = self._place
        counted = program.managed and Layer.CGROUP in self._layers
        first = [place.python, "-I", "-S", "-B", "-c", CONFINE, place.scripts]
        return [*(scope(self._limits) if counted else ()), *place.wrapper, *first]

    def _environment(self) -> dict[str, str]:
        if Layer.ENVIRONMENT not in self._layers:
            return dict(os.environ)
        return {"PATH": PATH, **{name: os.environ[name] for name in BUS if name in os.environ}}

    def listen(self, selector: selectors.BaseSelector) -> None:
        """Let `selector` tell when there is something to be read or written."""
        for name, pipe in self._open.items():
            selector.register(pipe, selectors.EVENT_READ, (self, name))
        if self._process.stdin is not None:
            selector.register(self._process.stdin, selectors.EVENT_WRITE, (self, "stdin"))

    def serve(self, name: str) -> bool:
        """Read or write what is ready on one pipe; whether that was the last of it."""
        return self._feed() if name == "stdin" else self._drain(name)

    def _feed(self) -> bool:
        sink: Any = self._process.stdin
        try:
            if self._pending:
                self._pending = self._pending[os.write(sink.fileno(), self._pending[:PIECE]) :]
        except BlockingIOError:
            return False
        except BrokenPipeError:
            self._pending = memoryview(b"")
        return not self._pending

    def _drain(self, name: str) -> bool:
        piece = os.read(self._open[name].fileno(), PIECE)
        if not piece:
            del self._open[name]
            return True
        if name == "report":
            self._hold_first_process()
        written = self._written[name]
        written += piece
        if len(written) > self._limits.output and Layer.WATCH in self._layers:
            del written[self._limits.output :]
            self.kill("output")
        return False

    def _hold_first_process(self) -> None:
        """Of a namespace of processes: once it has ended, all others in there have."""
        if self._first is None and self._place.own_processes:
            with suppress(OSError, IndexError):
                pid = children(self._process.pid)[0]
                self._first = os.pidfd_open(pid)
                self._cleanup.callback(os.close, self._first)
                self._inside = f"/proc/{pid}/root"

    @property
    def running(self) -> bool:
        """Whether something of it may still come."""
        if self._killed:
            return False
        if "report" in self._open:
            return True
        self._silent_since = self._silent_since or time.monotonic()
        return bool(self._open) and time.monotonic() < self._silent_since + LINGER

    def watch(self) -> None:
        """See, now and then, whether a limit is passed."""
        now = time.monotonic()
        if Layer.WATCH not in self._layers or now < self._next_look or not self.running:
            return
        pids = tree(self._process.pid)
        held = resident(pids) + shared_memory(pids)
        self._peak = max(self._peak, held)
        if now > self._begun + self._limits.seconds:
            self.kill("time")
        elif held > self._limits.memory:
            self.kill("memory")
        elif self._disk(pids) > self._limits.disk:
            self.kill("disk")
        self._next_look = time.monotonic() + TICK

    def _disk(self, pids: list[int]) -> float:
        """Bytes on disk: of all files on the machine's own, of the bare entries on one of limited size."""
        if self._place.disk is not None:
            return occupied(self._place.disk) + deleted_files(pids)
        return entries(self._inside + self._place.home) if self._inside else 0

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

    def end(self) -> None:
        """End it if it has not ended, and clear up."""
        with self._cleanup:
            if self.running:
                self.kill("caller")
            self._process.wait()
            if self._first is not None:
                select.select([self._first], [], [], GRACE)
            self._seconds = time.monotonic() - self._begun

    def outcome(self) -> Outcome:
        """What became of it, once it has ended.

        Raises:
            SandboxError: the sandbox itself failed, so that the program never ran.
        """
        lines = bytes(self._written["report"]).decode(errors="replace").splitlines()
        report = dict(line.partition(" ")[::2] for line in lines)
        if "confined" not in report and not self._killed:
            why = report.get("failed") or bytes(self._written["stderr"]).decode(errors="replace")
            raise SandboxError(
                f"The sandbox could not be set up ({why.strip() or 'no reason given'}), "
                "so nothing was run: see `codekiln doctor`."
            )
        status, cpu, peak = report.get("exit", "0 0 0").split()
        ended = "exit" in report and not self._killed
        return Outcome(
            status=int(status) if ended else None,
            stdout=bytes(self._written["stdout"]),
            stderr=bytes(self._written["stderr"]),
            killed=self._killed,
            build_failed=report.get("built", "0") != "0",
            wall_seconds=self._seconds,
            cpu_seconds=float(cpu),
            memory=max(int(peak), self._peak),
        )


def attend(runs: Sequence[Run], last: Run | None = None) -> list[Outcome]:
    """Watch until all have ended, or `last` has; the others are then ended. Outcomes as `runs`."""
    awaited = [last] if last else list(runs)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for run in runs:
            stack.callback(run.end)
            run.listen(selector)
        while any(run.running for run in awaited):
            for key, _ in selector.select(TICK):
                run, name = key.data
                if run.serve(name):
                    selector.unregister(key.fileobj)
                    key.fileobj.close()  # type: ignore[union-attr]
            for run in runs:
                run.watch()
    return [run.outcome() for run in runs]
