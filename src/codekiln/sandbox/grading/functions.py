"""Is this function right? A test as HumanEval's, whose candidate lives in another process.

Two sandboxes talk over two pipes: in one the candidate answers calls, in the other the test makes them and
asserts on the answers, which are plain data (`inside/literals`). So an object that equals everything, an
early exit, a printed line of success or a patched checker never reach the place where it is decided.
"""

import os
import secrets
from dataclasses import dataclass, replace

from codekiln.sandbox.grading.verdict import Verdict, limit_passed, reason_of
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
    answering = _side("candidate", test, {"candidate.py": source})
    files = {"nonce": nonce, "setup.py": test.setup, "test.py": test.test}
    candidate, grader = _converse(sandbox, answering, _side("grader", test, files), limits)
    if stopped := limit_passed(candidate) or limit_passed(grader):
        return stopped
    return _verdict(nonce, grader)


def _side(name: str, test: FunctionTest, files: dict[str, str]) -> Program:
    contents = {path: text.encode(errors="surrogatepass") for path, text in files.items()}
    return script(name, test.entry_point, *["mutates"] * test.mutates, files=contents)


def _converse(
    sandbox: Sandbox, answering: Program, asking: Program, limits: Limits
) -> tuple[Outcome, Outcome]:
    """Run both until `asking` ends. It has more time, so that the candidate's is what runs out."""
    calls, replies = os.pipe(), os.pipe()
    longer, runs = replace(limits, seconds=limits.seconds + 1), []
    try:
        runs.append(Run(sandbox.backend, answering, limits, stdin=calls[0], stdout=replies[1]))
        runs.append(Run(sandbox.backend, asking, longer, stdin=replies[0], stdout=calls[1]))
    except BaseException:
        for run in runs:
            run.end()
        raise
    finally:
        for descriptor in (*calls, *replies):
            os.close(descriptor)
    candidate, grader = attend(runs, last=runs[1])
    return candidate, grader


def _verdict(nonce: str, grader: Outcome) -> Verdict:
    said = grader.stderr.decode(errors="replace")
    _, found, verdict = said.rpartition(f"\n{nonce} ")
    reason, _, message = verdict.partition("\n")
    if not found or grader.status != 0:
        return Verdict("invalid", f"The grader did not finish: {said.strip()[-2000:]}")
    return Verdict(reason_of(reason), message, grader.wall_seconds)
