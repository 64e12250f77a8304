"""The candidate's side: loads its code and answers calls to one of its functions.

All that it can do to the grader is to answer, and its answers are plain data. What it prints goes nowhere.
"""

from __future__ import annotations

import sys

from .channels import take_channels
from .literals import receive, send

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ModuleType = type(sys)


def main() -> None:
    """The function's name comes as an argument, and "mutates" where its arguments go back as well."""
    name, mutates = sys.argv[1], "mutates" in sys.argv[2:]
    calls, replies = take_channels()
    try:
        function = getattr(_load(), name)
    except BaseException as error:
        send(replies, ("raised", *_described(error)))
        return
    send(replies, ("loaded",))
    while True:
        call: Any = receive(calls)
        positional, named = call
        reply: tuple[object, ...]
        try:
            value = function(*positional, **named)
            reply = ("returned", value, positional if mutates else ())
        except Exception as error:
            reply = ("raised", *_described(error))
        send(replies, reply)


def _load() -> object:
    module = ModuleType("candidate")
    sys.modules["candidate"] = module
    with open("candidate.py", encoding="utf-8", errors="surrogatepass") as file:
        source = file.read()
    exec(compile(source, "candidate.py", "exec"), module.__dict__)  # noqa: S102
    return module


def _described(error: BaseException) -> tuple[str, str, str]:
    """Type, message, and the traceback from the candidate's own code on."""
    import traceback

    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != "candidate.py":
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace, limit=-20)
    return type(error).__name__, str(error), "".join(lines)
