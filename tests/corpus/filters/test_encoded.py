"""Data written as text: a run that is too long, or too much of the file in runs."""

import base64
import random

import pytest

from codekiln.corpus.filters.encoded import encoded

BYTES = random.Random(0).randbytes(4000)
CODE = "def f(value):\n    return value + 1\n\n\n"


def base64_of(size):
    return base64.b64encode(BYTES)[:size].decode()


def literal(size):
    """Wrapped as people wrap it."""
    text = base64_of(size)
    return "\n".join(f'    "{text[start : start + 76]}"' for start in range(0, size, 76))


def hexadecimal(count):
    return ", ".join(f"0x{byte:02x}" for byte in BYTES[:count])


def escapes(count):
    return "".join(f"\\x{byte:02x}" for byte in BYTES[:count])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"x = '{base64_of(1024)}'\n" + CODE * 90, "kept"),
        (f"x = '{base64_of(1025)}'\n" + CODE * 90, "encoded-data"),
        (f"x = (\n{literal(900)}\n)\n" + CODE * 90, "kept"),
        (f"x = (\n{literal(1400)}\n)\n" + CODE * 90, "encoded-data"),
        (f"x = bytes([{hexadecimal(100)}, 0])\n" + CODE * 90, "kept"),
        (f"x = bytes([{hexadecimal(300)}, 0])\n" + CODE * 90, "encoded-data"),
        (f"x = b'{escapes(250)}'\n" + CODE * 90, "kept"),
        (f"x = b'{escapes(300)}'\n" + CODE * 90, "encoded-data"),
        (f"x = '{base64_of(400)}'\n" + CODE * 12, "kept"),
        (f"x = '{base64_of(400)}'\n" + CODE * 8, "encoded-data"),
        (f"x = '{base64_of(63)}'\n", "kept"),
        ("path = 'a/b/c/d'\n" * 200, "kept"),
        ("x = [" + "1, " * 900 + "]\n", "kept"),
    ],
)
def test_runs_and_shares(verdict, text, expected):
    assert verdict(encoded, "a.py", text) == expected
