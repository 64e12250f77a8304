"""Trials of Python programs: the examples in a docstring, or tests of what the function gives today.

A function that was used for years is taken to be right: calls of it with likely arguments, and what they
gave, are a test of any change to it (Feathers 2004, ch. 13, calls it a characterization test).
"""

import ast
import json
from importlib import resources

from codekiln.tasks.fix.arguments import argument_lists
from codekiln.tasks.fix.program import Program
from codekiln.tasks.fix.trial import SEEDS, Run, Trial

PYTHON = "python3"  # whoever runs it knows where that is
FEWEST, MOST = 3, 5  # calls in a test
PROBE = "probe.py"
AWAITED = "asyncio.run({})"  # a call of a coroutine in a test


def trial_of(program: Program, file: str, run: Run) -> Trial | None:
    """A trial that the program passes, if it has examples or calls of it give what can be compared."""
    if ">>> " in (ast.get_docstring(program.function) or ""):
        trial = Trial(file, (PYTHON, "-B", "-m", "doctest", "-f", file), {})
        if all(trial.of(program.code, run, seed).passed for seed in SEEDS):
            return trial
    return _characterized(program, file, run)


def _characterized(program: Program, file: str, run: Run) -> Trial | None:
    """A test of what some calls give; None where they fail, or all give the same."""
    module = file.removesuffix(".py")
    calls = _telling(_steady(program, module, run))
    if len(calls) < FEWEST:
        return None
    test = f"test_{module}.py"
    text = _written(module, program, calls)
    return Trial(file, (PYTHON, "-B", test, "-f", "-q"), {test: text})


def _steady(program: Program, module: str, run: Run) -> list[tuple[str, str]]:
    """Calls, and what they give with every seed of hashes."""
    candidates = argument_lists(program.function)
    calls: list[tuple[str, str]] = []
    for seed in SEEDS:
        if len(candidates) < FEWEST:
            return []
        found = _probed(program, module, candidates, run, seed)
        calls = [call for call in found if not calls or call in calls]
        candidates = [arguments for arguments, _ in calls]
    return calls


def _probed(
    program: Program, module: str, candidates: list[str], run: Run, seed: int
) -> list[tuple[str, str]]:
    """Calls with these arguments that give what can be compared."""
    files = {
        f"{module}.py": program.code,
        PROBE: _probe(),
        "arguments.json": json.dumps(candidates),
    }
    outcome = run(
        {name: text.encode() for name, text in files.items()},
        (PYTHON, "-B", PROBE, module, program.name),
        seed,
    )
    return _read(outcome.stdout) if outcome.status == 0 else []


def _read(output: bytes) -> list[tuple[str, str]]:
    """What the probe wrote; a program may have written anything."""
    try:
        rows = json.loads(output)
        return [(str(arguments), str(result)) for arguments, result in rows]
    except (ValueError, TypeError):
        return []


def _telling(calls: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """At most `MOST` calls, those first that give what none before gave; none if all give the same."""
    results: dict[str, tuple[str, str]] = {}
    for call in calls:
        results.setdefault(call[1], call)
    if len(results) < 2:
        return []
    others = [call for call in calls if call not in results.values()]
    chosen = sorted(results.values(), key=lambda call: len(call[0])) + others
    return chosen[:MOST]


def _written(module: str, program: Program, calls: list[tuple[str, str]]) -> str:
    name, awaited = program.name, AWAITED if program.is_awaited else "{}"
    title = "".join(part.capitalize() for part in name.split("_"))
    lines = ["import asyncio"] if program.is_awaited else []
    lines += ["import unittest", "", f"from {module} import {name}", "", ""]
    lines += [f"class Test{title}(unittest.TestCase):", f"    def test_{name.strip('_')}(self):"]
    for arguments, result in calls:
        inside = ", ".join(map(repr, ast.literal_eval(arguments)))
        call = awaited.format(f"{name}({inside})")
        lines.append(f"        self.assertEqual({call}, {result})")
    lines += ["", "", 'if __name__ == "__main__":', "    unittest.main()", ""]
    return "\n".join(lines)


def _probe() -> str:
    return resources.files(__package__).joinpath(PROBE).read_text(encoding="utf-8")
