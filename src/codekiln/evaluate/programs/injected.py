"""Held-out examples with bugs put in, from an artifact of tasks, as programs that are to be mended.

Their trials say by an exit status whether they passed, which a program can forge. So Python is judged anew:
the calls of its tests, or the examples of its docstring, are asserted from another process.
"""

import ast
import re
from dataclasses import replace

from codekiln.artifact import Artifact
from codekiln.errors import PatchError, UsageError
from codekiln.evaluate.programs.broken import Broken, Judge, of_function
from codekiln.evaluate.programs.problem import ProblemSet
from codekiln.evaluate.results import named
from codekiln.sandbox import Sandbox
from codekiln.sandbox.grading import FunctionTest, Verdict
from codekiln.tasks.example import TaskExample
from codekiln.tasks.fix.patch import Patch
from codekiln.tasks.fix.sandboxed import sandboxed
from codekiln.tasks.fix.trial import Trial
from codekiln.tasks.reading import examples
from codekiln.telemetry import progress

_IMPORT = re.compile(r"^from \w+ import (\w+)\n", re.MULTILINE)
_CASE = re.compile(r"^class (\w+)\(unittest\.TestCase\):\n    def (\w+)\(self\):", re.MULTILINE)
_AWAITED = re.compile(r"\basyncio\.run\(")
_MAIN = re.compile(r'^if __name__ == "__main__":\n.*', re.MULTILINE | re.DOTALL)
UNITTEST = "\n\ndef check(candidate):\n    {}({!r}).debug()\n"
# A coroutine is no plain data, so it is run where the candidate is; the test then awaits nothing.
RUN = """


def {0}(*arguments, coroutine={0}):
    import asyncio

    return asyncio.run(coroutine(*arguments))
"""
DOCTEST = """
import doctest

EXAMPLES = {!r}


def check(candidate):
    names = {{**globals(), {!r}: candidate}}
    parts = doctest.DocTestParser().get_doctest(EXAMPLES, names, {!r}, None, 0)
    said = []
    failed = doctest.DocTestRunner(verbose=False).run(parts, out=said.append).failed
    assert not failed, "".join(said)
"""


def injected_bugs(artifact: Artifact, sandbox: Sandbox) -> ProblemSet[Broken]:
    """Those of the examples that a judge who cannot be forged tells right from wrong.

    The name says of how many that are run. A function whose answers are no plain data, such as an
    iterator, is left out.

    Raises:
        ArtifactError: the artifact is none of tasks, or damaged.
        UsageError: it holds no such example.
        SandboxError: nothing can be run.
    """
    found = [one for one in examples(artifact, "held_out", task="fix") if one.trial]
    kept: dict[str, Broken] = {}  # two mutations may have made the same bug
    with progress("bugs checked", len(found), "bugs") as task:
        for example in found:
            broken = _broken(example)
            if broken and broken.name not in kept and _is_told(broken, sandbox):
                kept[broken.name] = broken
            task.advance()
    if not kept:
        raise UsageError(
            f"{artifact.path} holds no bug that can be run: build it with tasks.bugs above 0."
        )
    part = f"{len(kept)} of " if len(kept) < len(found) else ""
    name = f"{part}{len(found)} injected bugs of {artifact.manifest['name']}"
    return ProblemSet(name, tuple(kept.values()), artifact.fingerprint)


def _broken(example: TaskExample) -> Broken | None:
    """None for what has no trial that we can judge by."""
    try:
        right = Patch.parse(example.target).apply(example.code)
    except PatchError:
        return None
    judge = judge_of(example, right)
    if judge is None:
        return None
    origin = example.origin
    place = f"{origin.repository}/{origin.path}"
    return Broken(
        name=named(place, example.code, right),
        group=place,
        kind=example.kind,
        path=origin.path,
        language=origin.language,
        code=example.code,
        right=right,
        message=example.message,
        judge=judge,
        judged_by="judged by a compiler" if _is_compiled(example) else "judged by a test",
    )


def _is_told(broken: Broken, sandbox: Sandbox) -> bool:
    return (
        broken.judged(sandbox, broken.right).passed
        and not broken.judged(sandbox, broken.code).passed
    )


def judge_of(example: TaskExample, right: str) -> Judge | None:
    """Python by a test of one function; other languages by their compiler, which runs nothing of theirs.

    So are Python's files whose bug is one of layout.
    """
    trial = Trial.parse(example.trial)
    if _is_compiled(example):
        return _compiles(trial)
    tests = [text for name, text in trial.files.items() if name.startswith("test_")]
    test = _asserted(tests[0]) if tests else _documented(right)
    if test and tests and _AWAITED.search(tests[0]):
        return _of_coroutine(test)
    return of_function(test) if test else None


def _is_compiled(example: TaskExample) -> bool:
    return example.origin.language != "python" or "py_compile" in Trial.parse(example.trial).command


def _of_coroutine(test: FunctionTest) -> Judge:
    judged = of_function(replace(test, test=_AWAITED.sub("(", test.test)))
    return lambda sandbox, code: judged(sandbox, code + RUN.format(test.entry_point))


def _compiles(trial: Trial) -> Judge:
    def judge(sandbox: Sandbox, code: str) -> Verdict:
        passed, message = trial.of(code, sandboxed(sandbox))
        return Verdict("passed" if passed else "failed", message)

    return judge


def _asserted(text: str) -> FunctionTest | None:
    """The test case that `tasks.fix.tests` wrote, with the candidate in the place of what it imports."""
    imported, case = _IMPORT.search(text), _CASE.search(text)
    if not imported or not case:
        return None
    body = _MAIN.sub("", _IMPORT.sub("", text))
    return FunctionTest(imported[1], body + UNITTEST.format(case[1], case[2]))


def _documented(code: str) -> FunctionTest | None:
    """The examples of a docstring, as the author had them, of the one function that has any."""
    functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    shown = [
        (node.name, text) for node in functions if ">>> " in (text := ast.get_docstring(node) or "")
    ]
    if len(shown) != 1:
        return None
    name, text = shown[0]
    return FunctionTest(name, DOCTEST.format(text, name, name), setup=code)
