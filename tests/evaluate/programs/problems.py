"""Small problems whose right and wrong answers are known, and a sandbox that needs no set-up."""

from codekiln.evaluate.programs.functions import Function

TEST = "def check(candidate):\n    assert candidate(2) == 3\n    assert candidate(-1) == 0\n"
RIGHT, WRONG = "    return x + 1\n", "    return x + 2\n"


def function(name="HumanEval/0", suffix=None):
    return Function(name, "def after(x):\n", suffix, RIGHT, "after", TEST)
