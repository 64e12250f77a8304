"""The sandbox: what a start costs, and candidates judged a minute, beside a bare subprocess.

`start` is a Python program that does nothing, from the call to its outcome; the ways take turns. A
candidate is a function with a test of three asserts, two of them at a time; the peer runs both in one
bare subprocess and believes its exit status, which any candidate can forge.
"""

import os
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from codekiln.sandbox import Sandbox, python
from codekiln.sandbox.backends import Bubblewrap, Landlock
from codekiln.sandbox.grading import FunctionTest, judge
from codekiln.sandbox.program import interpreter

STARTS = int(os.environ.get("CODEKILN_BENCH_STARTS", "100"))
CANDIDATES = int(os.environ.get("CODEKILN_BENCH_CANDIDATES", "200"))
AT_ONCE = 2
BARE = "bare subprocess"
PYTHON = (interpreter(), "-I", "-S", "-B", "-c")
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
TEST = """
def check(candidate):
    assert candidate(1, 2) == 3
    assert candidate([1], [2]) == [1, 2]
    assert abs(candidate(0.1, 0.2) - 0.3) < 1e-6
"""

Row = dict[str, str]
Judge = Callable[[str], bool]


def run() -> dict[str, list[Row]]:
    """Milliseconds of a start, and candidates a minute; each with its ratio to the bare subprocess."""
    sandboxes = {
        backend.name: Sandbox(backend)
        for backend in (Bubblewrap(), Landlock())
        if not backend.missing()
    }
    return {"start": starts(sandboxes), "candidates": candidates(sandboxes)}


def starts(sandboxes: dict[str, Sandbox]) -> list[Row]:
    program = python("pass")
    ways: dict[str, Callable[[], object]] = {
        BARE: lambda: subprocess.run([*PYTHON, "pass"], check=True)
    }
    ways |= {name: lambda box=box: box.run(program) for name, box in sandboxes.items()}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(STARTS):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken[name].append(1000 * (time.perf_counter() - begun))
    peer = statistics.median(taken[BARE])
    return [
        {
            "way": name,
            "median": f"{statistics.median(times):.1f} ms",
            "p95": f"{statistics.quantiles(times, n=20)[-1]:.1f} ms",
            "beyond the bare one": f"{statistics.median(times) - peer:+.1f} ms",
            "ratio": f"{statistics.median(times) / peer:.2f}",
        }
        for name, times in taken.items()
    ]


def candidates(sandboxes: dict[str, Sandbox]) -> list[Row]:
    ways: dict[str, Judge] = {BARE: bare}
    ways |= {name: in_sandbox(box) for name, box in sandboxes.items()}
    speeds = {name: a_minute(way) for name, way in ways.items()}
    return [
        {
            "way": name,
            "a minute": f"{speed:,.0f}",
            "ratio": f"{speed / speeds[BARE]:.2f}",
        }
        for name, speed in speeds.items()
    ]


def bare(source: str) -> bool:
    command = [*PYTHON, f"{source}{TEST}\ncheck(add)"]
    done = subprocess.run(command, stderr=subprocess.DEVNULL, timeout=10, check=False)
    return done.returncode == 0


def in_sandbox(sandbox: Sandbox) -> Judge:
    test = FunctionTest("add", TEST)
    return lambda source: judge(sandbox, source, test).passed


def a_minute(way: Judge) -> float:
    """Half of the candidates are wrong, and every verdict is checked."""
    sources = [RIGHT, WRONG] * (CANDIDATES // 2)
    begun = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(way, sources))
    assert verdicts == [True, False] * (CANDIDATES // 2), "a verdict is wrong"
    return 60 * len(sources) / (time.perf_counter() - begun)
