"""Brackets, counted in text of any language: enough for a proposal that a parser then judges.

Strings on one line and comments are passed over by what most languages have in common, so an apostrophe
in a comment counts for nothing, and one in Rust's `'a` may hide a bracket behind it.
"""

import re

CLOSING = {"(": ")", "[": "]", "{": "}"}

_PIECE = re.compile(
    r'"(?:[^"\\\n]|\\.)*+"|\'(?:[^\'\\\n]|\\.)*+\'|//[^\n]*|/\*(?:[^*]|\*(?!/))*+|#[^\n]*|[()\[\]{}]',
    re.DOTALL,
)


def unclosed(text: str, standing: str = "") -> tuple[int, str]:
    """How many of the brackets `standing` open before stay open, and those that `text` leaves open.

    >>> unclosed("a, [b]), {", standing="((")
    (1, '{')
    """
    left, opened = len(standing), ""
    for piece in _PIECE.findall(text):
        if piece in CLOSING:
            opened += piece
        elif piece in CLOSING.values():
            if opened:
                opened = opened[:-1]
            else:
                left = max(left - 1, 0)
    return left, opened


def surplus(text: str) -> int:
    """How many brackets are closed that `text` never opened."""
    found, depth = 0, 0
    for piece in _PIECE.findall(text):
        if piece in CLOSING:
            depth += 1
        elif piece in CLOSING.values():
            found, depth = (found, depth - 1) if depth else (found + 1, 0)
    return found


def closing(opened: str) -> str:
    """What closes brackets, the last one first."""
    return "".join(CLOSING[bracket] for bracket in reversed(opened))
