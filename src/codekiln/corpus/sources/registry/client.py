"""Running the client of a registry: bare surroundings, no terminal, a time limit, no traces of it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from codekiln.corpus.sources.registry.request import FetchError

PATIENCE = 900.0  # seconds for one command

# What a client needs to find its programs, its user's settings and the way out. Anything else, such
# as PYTHONPATH and NODE_OPTIONS, could make it load code.
_PLACES = ("PATH", "PATHEXT", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SYSTEMROOT")
_SCRATCH = ("TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_CACHE_HOME")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY")
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_SURROUNDINGS = frozenset((*_PLACES, *_SCRATCH, *_PROXIES, *_TRUST))
_ADDRESS = re.compile(r"\S*://\S*")


def run(
    command: Sequence[str], folder: Path, *, settings: str, remedy: str
) -> subprocess.CompletedProcess[str]:
    """Run a client in `folder`, with the variables of its `settings` (a prefix), and wait for it.

    Raises:
        FetchError: it is not installed, and the `remedy` says how to get it, or it took too long.
    """
    program = shutil.which(command[0])
    if program is None:
        raise FetchError(f"needs {command[0]}, which is not installed: {remedy}")
    process = subprocess.Popen(
        [program, *command[1:]],
        cwd=folder,
        env=_environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    try:
        output, complaints = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise FetchError(
            f"was not fetched within {PATIENCE:.0f} seconds: try again on a better connection"
        ) from None
    finally:
        _end(process)
    return subprocess.CompletedProcess(command, process.returncode, output, complaints)


def refusal(client: str, said: str, mark: str) -> FetchError:
    """An error of no kind we know: what stands behind the client's first `mark`, no address in it."""
    lines = [line.strip() for line in said.splitlines()]
    words = next((line.removeprefix(mark).strip() for line in lines if line.startswith(mark)), "")
    reason = f" ({_ADDRESS.sub('…', words)[:200].rstrip('.')})" if words else ""
    return FetchError(f"cannot be fetched by {client}{reason}: try again, or by hand")


def _environment(prefix: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.upper() in _SURROUNDINGS or name.upper().startswith(prefix)
    }
    return {**kept, "LC_ALL": "C.UTF-8"}  # messages that we can read


def _end(process: "subprocess.Popen[str]") -> None:
    """End what still runs, with all it has started, and wait for it."""
    if process.returncode is None:  # not waited for, so the number is still its own
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with process:
        pass
