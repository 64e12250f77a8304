"""Entry point: runs a command and turns what it raises into one sentence and an exit code."""

import io
import json
import os
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn, cast

import typer

from codekiln.artifact import DISK_ERRNOS
from codekiln.cli.commands import app
from codekiln.cli.terminal import errors
from codekiln.errors import CodekilnError, SettingsError, UsageError

INTERRUPTED = 130
STOPPED, REFUSED = "interrupted", "system"  # codes of what is no error of ours
# The base of everything that Typer raises for wrong usage; it exports no name for it.
WRONG_USAGE = cast(type[typer.BadParameter], typer.BadParameter.__mro__[1])


def main() -> NoReturn:
    """Exit code 0 when done, 1 when the job failed, 2 for wrong usage; no traceback for a user."""
    # A command that was told --json answers in JSON even when it fails.
    as_json = "--json" in sys.argv[1:]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of ASCII has no ✓
    try:
        if app(standalone_mode=False) == INTERRUPTED:
            raise KeyboardInterrupt  # which Typer turns into that number
    except WRONG_USAGE as error:
        if len(sys.argv) == 1:  # the help is what it said
            sys.exit(error.exit_code)
        command = error.ctx.command_path if error.ctx else "codekiln"
        said = " ".join(error.format_message().split())  # which Typer sets in lines here and there
        text = f"{said.rstrip('.')}. Try '{command} --help'."
        _fail("UsageError", UsageError.code, text, error.exit_code, as_json)
    except CodekilnError as error:
        told = {"lines": error.lines} if isinstance(error, SettingsError) and error.lines else {}
        _fail(type(error).__name__, error.code, str(error), error.exit_code, as_json, told)
    except KeyboardInterrupt:
        text = "Stopped. The same command goes on from here."
        _fail("Interrupted", STOPPED, text, INTERRUPTED, as_json)
    except BrokenPipeError:
        # Whoever read our output has closed it; Python must not complain while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        where = f" at {error.filename}" if error.filename else ""
        remedy = "free some space" if error.errno in DISK_ERRNOS else "check path and permissions"
        text = f"The system refused{where} ({error.strerror}): {remedy}, then run it again."
        _fail(type(error).__name__, REFUSED, text, 1, as_json)
    sys.exit(0)


def _fail(
    kind: str,
    code: str,
    message: str,
    status: int,
    as_json: bool,
    more: Mapping[str, str] = MappingProxyType({}),
) -> NoReturn:
    """`code` is an anchor in docs/errors.md; `more` is told in JSON alone."""
    if as_json:
        print(json.dumps({"error": {"type": kind, "code": code, "message": message, **more}}))
    said = _escaped(f"{message}  [{code}]")
    errors.print(f"[bold red]codekiln:[/] {said}", soft_wrap=True)
    sys.exit(status)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
