"""Is this function right? A test as HumanEval's, whose candidate lives in another process.

Two sandboxes talk over two pipes: in one the candidate answers calls, in the other the test makes them and
asserts on the answers, which are plain data (`inside/literals`). So an object that equals everything, an
early exit, a printed line of success or a patched checker never reach the place where it is decided.
"""

import os
import secrets
from dataclasses import dataclass, replace

from codekiln.sandbox.grading.verdict import Reason, Verdict
from codekiln.sandbox.limits import Limits
from codekiln.sandbox.outcome import Outcome
from codekiln.sandbox.program import Program, script
from codekiln.sandbox.run import Run, attend
from codekiln.sandbox.sandbox import Sandbox

ATTEMPT = Limits(seconds=5.0, memory=1 << 29)


@dataclass(frozen=True)
class FunctionTest:
    """`test` defines `check(candidate)`, which asserts. `setup` is what it leans on, as HumanEval's prompt.

    With `mutates`, what the function does to its arguments is done to the test's own, for functions that
    are to change them; otherwise the test's values are out of the candidate's reach.
    """

    entry_point: str
    test: str
    setup: str = ""
    mutates: bool = False


def judge(sandbox: Sandbox, source: str, test: FunctionTest, limits: Limits = ATTEMPT) -> Verdict:
    """Whether `source`, a whole module, has a function that passes.

    Raises:
        SandboxError: the sandbox could not be set up, so there is no verdict.
    """
    nonce = secrets.token_hex(16)
    calls, replies = os.pipe(), os.pipe()
    answering = _side("candidate", test.entry_point, {"candidate.py": source})
    files = {"nonce": nonce, "setup.py": test.setup, "test.py": test.test}
    asking = _side("grader", test.entry_point, files, "mutates" if test.mutates else "")
    slack = replace(
        limits, seconds=limits.seconds + 1
    )  # so that the candidate's time is the one that ends
    runs = []
    try:
        runs.append(Run(sandbox.backend, answering, limits, stdin=calls[0], stdout=replies[1]))
        runs.append(Run(sandbox.backend, asking, slack, stdin=replies[0], stdout=calls[1]))
    except BaseException:
        for run in runs:
            run.close()
        raise
    finally:
        for descriptor in (*calls, *replies):
            os.close(descriptor)
    candidate, grader = attend(runs, last=runs[1])
    return _verdict(nonce, candidate, grader)


def _side(side: str, name: str, files: dict[str, str], *more: str) -> Program:
    contents = {path: text.encode(errors="surrogatepass") for path, text in files.items()}
    return script(side, name, *more, files=contents)


def _verdict(nonce: str, candidate: Outcome, grader: Outcome) -> Verdict:
    seconds = grader.wall_seconds
    for outcome in (candidate, grader):
        if outcome.killed and outcome.killed != "caller":
            return Verdict(outcome.killed, f"Stopped: over the limit of {outcome.killed}.", seconds)
    if candidate.timed_out:
        return Verdict("time", "Stopped: over the limit of time.", seconds)
    said = grader.stderr.decode(errors="replace")
    _, found, verdict = said.rpartition(f"\n{nonce} ")
    reason, _, message = verdict.partition("\n")
    if not found or grader.status != 0:
        return Verdict("invalid", f"The grader did not finish: {said.strip()[-2000:]}", seconds)
    return Verdict(_reason(reason), message, seconds)


def _reason(text: str) -> Reason:
    match text:
        case "passed" | "failed" | "error" | "ended" | "invalid":
            return text
    return "invalid"
