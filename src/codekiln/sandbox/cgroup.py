"""A control group for one run, where the user's systemd makes one: memory and processes of the whole tree.

It takes longer to start than a small program runs, so only managed runtimes get one, whose memory no
limit of address space can bound.
"""

import shutil
import subprocess
from functools import cache

from codekiln.sandbox.limits import Limits

BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")  # where systemd-run finds the user's systemd
OURS = 4  # tasks: bubblewrap's two, the first process, and one to spare
PATIENCE = 10  # seconds for a bus that may not answer
SCOPE = ("systemd-run", "--user", "--scope", "--quiet", "--collect")


def scope(limits: Limits) -> tuple[str, ...]:
    """The command that starts another in a group of its own; empty where there is no such systemd."""
    if not available():
        return ()
    properties = {
        "MemoryMax": limits.memory,
        "MemorySwapMax": 0,
        "TasksMax": limits.processes + OURS,
    }
    return (
        *SCOPE,
        *(word for item in properties.items() for word in ("-p", "{}={}".format(*item))),
    )


@cache
def available() -> bool:
    """Whether the user's systemd makes a scope; it is tried."""
    if shutil.which(SCOPE[0]) is None:
        return False
    try:
        tried = subprocess.run([*SCOPE, "true"], capture_output=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):  # its bus is there and does not answer
        return False
    return tried.returncode == 0
