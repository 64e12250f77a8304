"""Syntax trees, by the tree-sitter grammars that the registry names, and how much of a file fits none.

A parser here meets whatever lies about in a repository, so it is kept from running away. All its bounds
are counts, never seconds: whether a file parses does not depend on the machine or on what else it does.
What a share of errors means for a file is the caller's business.
"""

import ctypes
import importlib
import re
import sys
from functools import cache
from typing import Any

import numpy as np
import tree_sitter
from tree_sitter import Node, Parser, Point, Tree

from codekiln.languages.registry import Language

# What a parser may do. Of 78,684 files of 63 packages none needs more than 2.8 operations a byte or has
# each byte read more than 80 times (Kotlin's grammar looks far ahead; all others, 5 times), and one, a
# table of font outlines, has 500 brackets open at once. On what is not of the language, recovery
# from an error may read all the rest of the file at every token, and an expression that goes on and on
# may cost its length squared in time and memory: gigabytes for a few kilobytes.
OPERATIONS, READINGS = 6, 256  # for each byte
LONGEST = 500  # brackets open at once, operators in a chain
LARGEST = 2**20  # bytes

_SLICE = 1024  # bytes that the lexer is given at once
_TICK = 100  # operations between two calls of the progress callback (`parser.c` of tree-sitter)
_BASE = 8192  # bytes for which even the smallest file may have operations and readings

_MARKS = b"()[]{}<>=|,;\"'\n"
_OTHERS = bytes(set(range(256)) - set(_MARKS))
_STEPS = np.zeros(256, np.int64)
_STEPS[list(b"([{")] = 1
_STEPS[list(b")]}")] = -1
_CHAIN = re.compile(rb"[<>=|]{%d}" % LONGEST)


def parse(language: Language, content: bytes, old: Tree | None = None) -> Tree | None:
    """The syntax tree of UTF-8 `content`; None without a grammar, or where parsing was given up.

    `old`, the tree of an earlier content after `Tree.edit`, spares what the edits do not touch.
    """
    if language.grammar is None or len(content) > LARGEST or _is_tangled(content):
        return None
    allowance = _Allowance(content)
    earlier: dict[str, Any] = {} if old is None else {"old_tree": old}  # it takes no None
    try:
        tree = Parser(_grammar(language.grammar)).parse(
            allowance.read, progress_callback=allowance.is_spent, **earlier
        )
    except ValueError:  # all that a parser says when its callback stops it
        return None
    finally:
        allowance.close()
    return None if allowance.reads < 0 else tree


def error_share(language: Language, content: bytes) -> float | None:
    """Share of the bytes that the grammar could fit into no construct; a MISSING token counts one.

    Those are the tokens that stand directly in an ERROR node. Whole constructs inside it do not
    count: one macro that the grammar cannot read puts all the rest of a C file into an ERROR.
    0.0 is a file that parses, 1.0 one that was given up; None without a grammar.
    """
    if language.grammar is None:
        return None
    tree = parse(language, content)
    if tree is None:
        return 1.0
    root = tree.root_node
    return min(1.0, _stray_bytes(root) / len(content)) if root.has_error else 0.0


class _Allowance:
    """Hands a content to a parser and counts what it does with it.

    The lexer's readings are told from the parser's operations, since one operation can read all.
    """

    def __init__(self, content: bytes) -> None:
        size = len(content) + _BASE
        self.reads = size * READINGS // _SLICE
        self._ticks = size * OPERATIONS // _TICK
        self._content = memoryview(content)
        self._slices = [bytes(2)]  # the first is never handed out

    def read(self, offset: int, _point: Point) -> bytes | None:
        """A slice, or the end of the file once the readings are spent."""
        self.reads -= 1
        if self.reads < 0:
            return None
        piece = bytes(self._content[offset : offset + _SLICE])
        if len(piece) > 1:  # of shorter ones there is one for all
            self._slices.append(piece)
        return piece

    def close(self) -> None:
        """Let the slices go, once the parser is done.

        tree-sitter 0.26.1 keeps a reference to each that it was handed, for ever: all that was parsed would
        stay in memory. More references than the first slice has are such ones.
        """
        counts = [sys.getrefcount(piece) for piece in self._slices]
        for piece, count in zip(self._slices, counts, strict=True):
            for _ in range(count - counts[0]):
                ctypes.pythonapi.Py_DecRef(ctypes.py_object(piece))

    def is_spent(self, _offset: int, _has_error: bool) -> bool:
        """What the parser asks every `_TICK` operations."""
        self._ticks -= 1
        return self._ticks < 0 or self.reads < 0


def _is_tangled(content: bytes) -> bool:
    """Whether too many brackets are open at once, or too many operators are in a chain.

    It is told from the marks alone: `a < b = c` is a chain, `a < b, c = d` and `(a) < (b)` are none. In
    one line any operators make a chain. Over lines `=` does not, since a list of constants is none.
    """
    marks = content.translate(None, _OTHERS)
    if len(marks) < LONGEST:
        return False
    heights = _STEPS[np.frombuffer(marks, np.uint8)].cumsum()
    open_brackets = heights - np.minimum.accumulate(np.minimum(heights, 0))
    if open_brackets.max() > LONGEST or _CHAIN.search(marks):
        return True
    lines = marks.replace(b"\n", b"")
    return any(operator * LONGEST in lines for operator in (b"<", b">", b"|"))


def _stray_bytes(root: Node) -> int:
    found, waiting = 0, [root]
    while waiting:
        node = waiting.pop()
        if not node.child_count:  # an ERROR of one token, or a MISSING one, which has no bytes
            found += max(1, node.end_byte - node.start_byte)
        for child in node.children:
            if child.has_error:
                waiting.append(child)
            elif node.is_error and not (child.child_count or child.is_extra):
                found += child.end_byte - child.start_byte
    return found


@cache
def _grammar(entry: str) -> tree_sitter.Language:
    """The grammar at `module` or `module:function`."""
    module, _, function = entry.partition(":")
    return tree_sitter.Language(getattr(importlib.import_module(module), function or "language")())
