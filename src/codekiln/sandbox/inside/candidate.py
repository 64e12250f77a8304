"""The candidate's side: loads its code and answers calls to one of its functions.

All that it can do to the grader is to answer, and its answers are plain data. What it prints goes nowhere.
"""

import os
import sys
import types
from typing import BinaryIO

from .literals import receive, send


def main() -> None:
    """The function's name comes as an argument; the code lies in `candidate.py`."""
    name = sys.argv[1]
    calls, replies = _channels()
    try:
        function = getattr(_load(), name)
    except BaseException as error:
        send(replies, ("raised", *_described(error)))
        return
    send(replies, ("loaded",))
    while True:
        positional, named = receive(calls)  # type: ignore[misc]
        try:
            reply = ("returned", function(*positional, **named), positional)
        except Exception as error:
            reply = ("raised", *_described(error))
        send(replies, reply)


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """What was stdin and stdout; those become empty and nowhere."""
    calls, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    return calls, replies


def _load() -> types.ModuleType:
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    with open("candidate.py", encoding="utf-8") as file:
        source = file.read()
    exec(compile(source, "candidate.py", "exec"), module.__dict__)  # noqa: S102
    return module


def _described(error: BaseException) -> tuple[str, str, str]:
    """Type, message, and the traceback from the candidate's own code on."""
    import traceback

    lines = traceback.format_exception(type(error), error, _own(error.__traceback__), limit=-20)
    return type(error).__name__, str(error), "".join(lines)


def _own(trace: types.TracebackType | None) -> types.TracebackType | None:
    while trace is not None and trace.tb_frame.f_code.co_filename != "candidate.py":
        trace = trace.tb_next
    return trace
