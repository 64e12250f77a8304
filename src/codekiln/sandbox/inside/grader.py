"""The grader's side: runs a test whose candidate is another process, in another sandbox.

Every assert holds of plain data that came over a pipe. The verdict goes to stderr behind a nonce that only
this process and its host know, and nothing of the candidate's ever runs here.
"""

from __future__ import annotations

import builtins
import os
import sys

from .channels import take_channels
from .literals import NoLiteralError, receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

LONGEST = 1 << 15  # characters of a verdict's message


class CandidateError(Exception):
    """The candidate raised something that is no built-in exception."""


class GoneError(BaseException):
    """The candidate has ended, or sent what is no answer. A test that catches this gains nothing."""


class Candidate:
    """Stands in for the function: calling it asks the other process."""

    def __init__(self, replies: BinaryIO, calls: BinaryIO, mutates: bool) -> None:
        self._replies, self._calls, self._mutates = replies, calls, mutates
        self.gone, self.called = False, False
        self._answer()

    def __call__(self, *positional: object, **named: object) -> object:  # noqa: D102
        self.called = True
        try:
            send(self._calls, (positional, named))
        except OSError:
            pass  # then no answer comes either
        value, after = self._answer()
        if self._mutates:
            for argument, changed in zip(positional, after, strict=True):
                _update(argument, changed)
        return value

    def _answer(self) -> tuple[object, tuple[object, ...]]:
        reply: object = None
        if not self.gone:
            try:
                reply = receive(self._replies)
            except (NoLiteralError, OSError, MemoryError, RecursionError):
                pass
        match reply:
            case ("loaded",):
                return None, ()
            case ("returned", value, tuple(after)):
                return value, after
            case ("raised", str(name), str(message), str(trace)):
                raise _exception(name, message, trace)
        self.gone = True
        raise GoneError


def main() -> None:
    """Reads `nonce`, `setup.py` and `test.py`; the function's name comes as an argument."""
    name, mutates = sys.argv[1], "mutates" in sys.argv[2:]
    nonce = _read("nonce")
    verdicts = os.dup(2)
    replies, calls = take_channels()
    reason, message = _judged(name, replies, calls, mutates)
    verdict = f"\n{nonce} {reason}\n{message[-LONGEST:]}"
    os.write(verdicts, verdict.encode(errors="backslashreplace"))


def _judged(name: str, replies: BinaryIO, calls: BinaryIO, mutates: bool) -> tuple[str, str]:
    """Reason and message, "passed" only if the whole test ran and the candidate was there all along."""
    namespace: dict[str, Any] = {"__name__": "test"}
    try:
        for file in ("setup.py", "test.py"):
            exec(compile(_read(file), file, "exec"), namespace)  # noqa: S102
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
        try:
            error = kind(message)
        except TypeError:
            pass  # wants more than a message
    error.candidate = trace  # type: ignore[attr-defined]
    return error


def _update(argument: Any, changed: Any) -> None:
    """Let an argument that was changed in place be changed here too."""
    if type(argument) is not type(changed):
        return
    if isinstance(argument, list | bytearray):
        argument[:] = changed
    elif isinstance(argument, dict | set):
        argument.clear()
        argument.update(changed)


def _described(error: BaseException) -> str:
    """The traceback a person would want: the candidate's own, or the test's."""
    if theirs := getattr(error, "candidate", ""):
        return str(theirs)
    import linecache
    import traceback

    ours = ("setup.py", "test.py")
    for name in ours:
        linecache.cache[name] = (0, None, _read(name).splitlines(keepends=True), name)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename not in ours:
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace, limit=20))


def _read(name: str) -> str:
    with open(name, encoding="utf-8", errors="surrogatepass") as file:
        return file.read()
