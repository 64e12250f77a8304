"""Syntax trees, by the tree-sitter grammars that the registry names, and how much of a file fits none.

A parser here meets whatever lies about in a repository, so it is kept from running away: it may take
no more time than its size allows, and it has a stack as deep as any text of that size can need. What
a share of errors means for a file is the caller's business.
"""

import importlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import tree_sitter
from tree_sitter import Node, Parser, Point, Tree

from codekiln.languages.registry import Language

# Seconds of processor time for any file, and for each megabyte of it. A parse takes 0.05 to 0.3 s a
# megabyte; on text that is not of the language, recovery from errors can take hours and all memory.
PATIENCE, PATIENCE_PER_MB = 0.5, 2.5

# The C code of tree-sitter recurses once for each token that waits for its construct to be closed, so
# a file of open brackets overflows the usual stack. Files up to this many bytes cannot.
SHALLOW = 8192
STACK_PER_BYTE = 512

_stack_size = threading.Lock()  # which is a setting of the process


def parse(language: Language, content: bytes) -> Tree | None:
    """The syntax tree of UTF-8 `content`; None without a grammar, or where parsing was given up."""
    if language.grammar is None:
        return None
    work = partial(_parse, _grammar(language.grammar), content)
    if len(content) <= SHALLOW:
        return work()
    with ThreadPoolExecutor(max_workers=1) as deep:
        with _stack_size:
            usual = threading.stack_size(STACK_PER_BYTE * len(content))
            try:
                tree = deep.submit(work)
            finally:
                threading.stack_size(usual)
        return tree.result()


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


def _parse(grammar: tree_sitter.Language, content: bytes) -> Tree | None:
    view = memoryview(content)
    end = time.thread_time() + PATIENCE + PATIENCE_PER_MB * len(content) / 1e6

    def rest(offset: int, _point: Point) -> memoryview:
        return view[offset:]

    def out_of_time(_offset: int, _has_error: bool) -> bool:
        return time.thread_time() > end

    try:
        return Parser(grammar).parse(rest, progress_callback=out_of_time)
    except ValueError:  # all that a parser says when its callback stops it
        return None


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
