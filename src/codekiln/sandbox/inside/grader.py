"""The grader's side: runs a test whose candidate is another process, in another sandbox.

Every assert holds of plain data that came over a pipe. The verdict goes to stderr behind a nonce that only
this process and its host know, and nothing of the candidate's ever runs here.
"""

import builtins
import os
import sys
from contextlib import suppress
from typing import BinaryIO

from .literals import NoLiteralError, receive, send


class CandidateError(Exception):
    """The candidate raised something that is no built-in exception."""


class GoneError(BaseException):
    """The candidate has ended, or sent what is no answer. No test may catch this."""


class Candidate:
    """Stands in for the function: calling it asks the other process."""

    def __init__(self, replies: BinaryIO, calls: BinaryIO, mutates: bool) -> None:
        self._replies, self._calls, self._mutates = replies, calls, mutates
        self.gone, self.called = False, 0
        self._answer()

    def __call__(self, *positional: object, **named: object) -> object:
        self.called += 1
        try:
            send(self._calls, (positional, named))
        except OSError:
            self._leave()
        value, after = self._answer()
        if self._mutates:
            for argument, changed in zip(positional, after, strict=True):
                _update(argument, changed)
        return value

    def _answer(self) -> tuple[object, tuple]:
        if self.gone:
            raise GoneError
        try:
            reply = receive(self._replies)
        except (NoLiteralError, OSError, MemoryError, RecursionError):
            self._leave()
        match reply:
            case ("loaded",):
                return None, ()
            case ("returned", value, tuple(after)):
                return value, after
            case ("raised", str(name), str(message), str(trace)):
                raise _exception(name, message, trace)
        return self._leave()

    def _leave(self) -> tuple[object, tuple]:
        self.gone = True
        raise GoneError


def main() -> None:
    """Reads `nonce`, `setup.py` and `test.py`; the function's name comes as an argument."""
    name, mutates = sys.argv[1], sys.argv[2] == "mutates"
    nonce, setup, test = (_read(file) for file in ("nonce", "setup.py", "test.py"))
    replies, calls = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    verdicts = os.dup(2)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    reason, message = _judge(name, setup, test, replies, calls, mutates)
    os.write(verdicts, f"\n{nonce} {reason}\n{message}".encode(errors="replace")[: 1 << 15])


def _judge(
    name: str, setup: str, test: str, replies: BinaryIO, calls: BinaryIO, mutates: bool
) -> tuple[str, str]:
    """Reason and message, "passed" only if the whole test ran and the candidate was there all along."""
    namespace: dict = {"__name__": "test"}
    try:
        exec(compile(setup, "setup.py", "exec"), namespace)  # noqa: S102
        exec(compile(test, "test.py", "exec"), namespace)  # noqa: S102
        check = namespace["check"]
    except BaseException as error:
        return "invalid", f"The test itself cannot be run: {_described(error)}"
    try:
        candidate = Candidate(replies, calls, mutates)
    except GoneError:
        return "ended", "The program ended while it was loaded."
    except Exception as error:
        return "error", _described(error)
    namespace[name] = candidate
    try:
        check(candidate)
    except GoneError:
        pass
    except AssertionError as error:
        return "failed", _described(error)
    except BaseException as error:
        return "error", _described(error)
    if candidate.gone:
        return "ended", "The program ended before it had answered."
    if not candidate.called:
        return "invalid", "The test never called the function."
    return "passed", ""


def _exception(name: str, message: str, trace: str) -> Exception:
    """The built-in exception of this name; its traceback is the other process's."""
    kind = getattr(builtins, name, None)
    error: Exception = CandidateError(f"{name}: {message}")
    if isinstance(kind, type) and issubclass(kind, Exception):
        with suppress(TypeError):  # wants more than a message
            error = kind(message)
    error.candidate = trace  # type: ignore[attr-defined]
    return error


def _update(argument: object, changed: object) -> None:
    """Let an argument that was changed in place be changed here too."""
    if type(argument) is not type(changed):
        return
    if isinstance(argument, list | bytearray):
        argument[:] = changed  # type: ignore[index, assignment]
    elif isinstance(argument, dict | set):
        argument.clear()
        argument.update(changed)  # type: ignore[arg-type]


def _described(error: BaseException) -> str:
    """The traceback a person would want: the candidate's own, or the test's."""
    if theirs := getattr(error, "candidate", ""):
        return theirs
    import linecache
    import traceback

    for name in ("setup.py", "test.py"):
        linecache.lazycache(name, {"__name__": name})
        lines = _read(name).splitlines(keepends=True)
        linecache.cache[name] = (0, None, lines, name)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename not in ("setup.py", "test.py"):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace, limit=20))


def _read(name: str) -> str:
    with open(name, encoding="utf-8") as file:
        return file.read()
