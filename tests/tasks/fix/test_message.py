"""Messages: what real programs say, cleaned; the line they are about."""

import pytest

from codekiln.tasks.fix.message import LINES, cleaned, focus
from runner import run

TEST = """import unittest
from program import first
class TestFirst(unittest.TestCase):
    def test_first(self):
        self.assertEqual(first([1, 2]), 1)
unittest.main()
"""
BROKEN = "def first(items):\n    return items[5]\n"


def said(files, *command):
    outcome = run({name: text.encode() for name, text in files.items()}, command)
    assert outcome.status
    return outcome.stderr.decode()


def test_a_failing_test_without_the_runner_and_its_folders():
    message = cleaned(said({"program.py": BROKEN, "t.py": TEST}, "python3", "-B", "t.py"))
    lines = [line for line in message.splitlines(keepends=True) if line.strip(" ^~\n")]
    assert "".join(lines) == (  # the marks under the code differ between versions of Python
        "ERROR: test_first (__main__.TestFirst.test_first)\n"
        "Traceback (most recent call last):\n"
        '  File "t.py", line 5, in test_first\n'
        "    self.assertEqual(first([1, 2]), 1)\n"
        '  File "program.py", line 2, in first\n'
        "    return items[5]\n"
        "IndexError: list index out of range\n"
    )
    assert focus(message, "program.py", 2) == 2


def test_frames_of_importing_go():
    message = cleaned(said({"a.py": "import b\n", "b.py": "x = (\n"}, "python3", "-B", "a.py"))
    assert "frozen" not in message
    assert 'File "b.py", line 1' in message


def test_paths_in_code_stay_and_paths_of_files_go():
    code = "    x = require('../a/b.js)\n"
    assert cleaned(f"/tmp/q1/deep dir/x.js:3\n{code}") == f"/tmp/q1/deep dir/x.js:3\n{code}"
    assert cleaned(f"/tmp/q1/x.js:3\n{code}") == f"x.js:3\n{code}"
    assert cleaned("C:\\work\\a.c:3:1: error: at 0x7ffe12345678\n") == "a.c:3:1: error: at 0x…\n"
    assert cleaned("vet: ./a.go:3:1: no") == "vet: a.go:3:1: no\n"


@pytest.mark.parametrize("line", ['  File "a.py", line 3, in f\n    g()\n', "a.c:1:2: error: no\n"])
def test_a_long_message_is_shortened_and_stays_so(line):
    message = (
        "Traceback (most recent call last):\n" * line.startswith("  File")
        + line * 40
        + "Last: one\n"
    )
    short = cleaned(message)
    assert short.count("\n") == LINES
    assert short.endswith("Last: one\n") == line.startswith("  File")
    assert cleaned(short) == short


def test_the_line_of_a_message():
    assert focus("x.c:12:3: error: no\nx.c:14:3: error: no\n", "x.c", 99) == 12
    assert focus("other.c:5:1: no\n", "x.c", 9) == 5
    assert focus("nothing is told\n", "x.c", 9) == 4
    assert focus("x.c:12:3: no\n", "x.c", 9) == 4
