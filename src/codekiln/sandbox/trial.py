"""The trial of a back end: a program that tries to get out must fail, and honest work must not.

Layers that are configured may still restrict nothing. So before a back end is used, a probe in it
attempts a handful of what it must refuse, after having done what it must allow.
"""

import os
import tempfile
from pathlib import Path

from codekiln.errors import SandboxError
from codekiln.sandbox.backends import Backend
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.program import python
from codekiln.sandbox.run import Run, attend

ALLOWED = b"honest work done"
LIMITS = Limits(seconds=20.0, processes=8)
PROBE = """
import os, socket, sys
secret, parent = sys.argv[1:]

def attempt(name, action):
    try:
        action()
    except (OSError, AttributeError):
        return
    print(name)

def connect():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))

open("work.txt", "w").write("work")
assert open("work.txt").read() == "work"
print("honest work done")
attempt("read a file outside", lambda: open(secret).read())
attempt("write a file outside", lambda: open(secret, "a"))
attempt("make a file outside", lambda: open(secret + "-made", "x"))
attempt("reach a network", connect)
attempt("signal its host", lambda: os.kill(int(parent), 0))
attempt("read its host's environment", lambda: open(f"/proc/{parent}/environ").read())
if os.getuid() == 0:
    print("be root")
"""


def failures(backend: Backend) -> str:
    """What the probe could do that it must not, as a clause; empty for a sound back end."""
    with tempfile.TemporaryDirectory(prefix="codekiln-trial-") as folder:
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        for path, rights in ((Path(folder), 0o777), (secret, 0o666)):
            path.chmod(rights)  # nothing but the sandbox protects it
        program = python(PROBE, str(secret), str(os.getpid()))
        try:
            outcome = attend([Run(backend, program, LIMITS)])[0]
        except SandboxError as error:
            return f"{backend.name} fails: {error}"
    did = outcome.stdout.splitlines()
    if did[:1] != [ALLOWED] or not outcome.succeeded:
        said = outcome.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        why = said or outcome.killed or outcome.status
        return f"{backend.name} lets no honest program run ({why})"
    escapes = b", ".join(did[1:]).decode()
    return f"{backend.name} lets a program {escapes}" if escapes else ""
