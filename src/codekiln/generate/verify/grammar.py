"""A file around a cursor by its tree-sitter grammar: which errors a text brings in.

The tree of the file is made once; a text at the cursor is an edit of it, and only what the edit touches
is parsed again. C with macros has errors in many files. Those that were there before count for nothing
where they lie apart from the text, that is before its line or behind the definition that it is in; but
only in a file that closes all that it opens: what a bracket too many at the cursor breaks may lie
anywhere.

Grammars take words for names or statements that no compiler does (`super`), so no line may end with
one.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from tree_sitter import Node, Point, Tree

from codekiln.generate.verify.doubts import doubts_of
from codekiln.generate.verify.trees import Trees, moved
from codekiln.languages import Language, parse

_PAIRS = [("(", ")"), ("[", "]"), ("{", "}")]
_QUOTES = '"`'  # of strings that may go on over lines
_NEVER_LAST = frozenset(  # in any language
    ("case", "class", "export", "fn", "for", "func", "function", "if", "import", "new", "super")
) | {"switch", "throw", "while"}
_BETWEEN = re.compile(rb"(?:\s++|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)*+")  # tokens
_PROSE = re.compile("comment|string|content")
_FRAMES = frozenset(  # what may hold all the definitions of a file of C or C++
    ("declaration_list", "linkage_specification", "namespace_definition", "preproc_else")
) | {"preproc_elif", "preproc_if", "preproc_ifdef"}

_MACROS = ("c", "cpp", "objc")  # languages whose macros may bring errors into any construct


class _Error(NamedTuple):
    """An ERROR node, or a MISSING one by what is missing."""

    kind: str
    start: int
    end: int

    def moved(self, bytes_: int) -> "_Error":
        return _Error(self.kind, self.start + bytes_, self.end + bytes_)


class GrammarFile:
    """A file with a cursor."""

    fillers = ("", "x", "x()")
    ends = ("", ";")
    bodies = (" {}",)

    def __init__(self, language: Language, prefix: str, suffix: str, trees: Trees) -> None:
        self._language = language
        self.has_other_errors = self.is_doubtful = False
        self._before = prefix.encode()
        self._after = (suffix if suffix.endswith("\n") else f"{suffix}\n").encode()
        self._line = len(self._after.partition(b"\n")[0])
        later = self._after[self._line :]
        between = _BETWEEN.match(later)
        self._touched = self._line + (between.end() if between else 0) + 1
        self._doubts = doubts_of(language.name)
        self._line_start = self._before.rfind(b"\n") + 1
        self._cursor = moved(Point(0, 0), self._before)
        self._tree = trees.parse(language, self._before + self._after)
        self._old = set(_errors(self._tree.root_node)) if self._tree else set()

    def fits(self, text: str, tail: str = "") -> bool:
        """Whether every error was there before, and lies apart from the text."""
        old = self._edited(text, tail)
        tree = parse(self._language, self._content(text, tail), old)
        if tree is None or self._ends_amid(text, tree):
            return False
        found = list(_errors(tree.root_node))
        if found and not self._are_old(found, tree.root_node, text, tail):
            return False
        start, end = self._place(text, tail)
        if old and not found and self._language.name not in _MACROS:
            changed = old.changed_ranges(
                tree
            )  # a text may give another sense to what is far behind
            start = min([start, *(one.start_byte for one in changed)])
            end = max([end, *(one.end_byte for one in changed)])
        if self._doubts.touch(tree, self._content(text, tail), start, end):
            self.is_doubtful |= not tail
            return False
        self.has_other_errors |= bool(found)
        return True

    def _place(self, text: str, tail: str) -> tuple[int, int]:
        """The bytes of the text and of what touches it: from a token before it to one behind."""
        start = len(self._before.rstrip()) - 1
        end = len(self._before) + len(text.encode()) + len(tail.encode()) + self._touched
        return max(start, 0), end

    def _are_old(self, found: list[_Error], root: Node, text: str, tail: str) -> bool:
        """Whether all errors were there before, and apart from the text."""
        if not (self._is_balanced and self._closes_all(text + tail)):
            return False
        added = len(text.encode()) + len(tail.encode())
        place = len(self._before) + added
        last = _end_of_construct(root, place + self._line)
        if last <= place + self._touched and self._language.name not in _MACROS:
            # What follows at once may be the rest of it.
            last = _end_of_construct(root, place + self._touched - 1)
        return all(
            error in self._old
            if error.end < self._line_start
            else error.start > last and error.moved(-added) in self._old
            for error in found
        )

    @cached_property
    def _is_balanced(self) -> bool:
        return self._closes_all((self._before + self._after).decode())

    def _closes_all(self, text: str) -> bool:
        """Whether each kind of bracket is closed as often as opened, in strings and comments too."""
        comment = self._language.block_comment
        pairs = [*_PAIRS, comment] if comment else _PAIRS
        return not any(text.count(quote) % 2 for quote in _QUOTES) and all(
            text.count(opening) == text.count(closing) for opening, closing in pairs
        )

    def _ends_amid(self, text: str, tree: Tree) -> bool:
        """Whether the line ends with a word of the text that no statement can end with."""
        last = text.rsplit(maxsplit=1)[-1:] or [""]
        if last[0] not in _NEVER_LAST or self._after[: self._line].strip():
            return False
        end = len(self._before) + len(text.rstrip().encode())
        node = tree.root_node.descendant_for_byte_range(end - 1, end)
        return node is None or not _PROSE.search(node.type)

    def swallows(self, text: str) -> bool:
        """Whether a node that begins in `text` ends in a line behind it."""
        tree = parse(self._language, self._content(text, ""), self._edited(text, ""))
        if tree is None:
            return False
        later = self._after[self._line :]
        if not later.strip():
            return False
        start, added = len(self._before), text.encode()
        behind = start + len(added) + self._line + len(later) - len(later.lstrip())
        node = tree.root_node.descendant_for_byte_range(start + len(added.rstrip()) - 1, behind + 1)
        return node is not None and node.start_byte >= start

    def _edited(self, text: str, tail: str) -> Tree | None:
        """The file's tree, told of `text` at the cursor and `tail` at the end of its line."""
        if self._tree is None:
            return None
        added, closing = text.encode(), tail.encode()
        line = self._after[: self._line]
        old = self._tree.copy()
        middle = moved(self._cursor, added)
        _insert(old, len(self._before), self._cursor, added, middle)
        if closing:
            place = moved(middle, line)
            at = len(self._before) + len(added) + len(line)
            _insert(old, at, place, closing, moved(place, closing))
        return old

    def _content(self, text: str, tail: str) -> bytes:
        line, later = self._after[: self._line], self._after[self._line :]
        return self._before + text.encode() + line + tail.encode() + later


def _insert(tree: Tree, at: int, start: Point, added: bytes, end: Point) -> None:
    tree.edit(at, at, at + len(added), start, start, end)


def _end_of_construct(root: Node, place: int) -> int:
    """Where the outermost construct around `place` that is more than a frame ends; `place` if none is."""
    node: Node | None = root
    while node is not None and (node is root or node.type in _FRAMES):
        # Not `first_child_for_byte`, which brings the process down where there is no such child.
        inner = (one for one in node.children if one.start_byte <= place < one.end_byte)
        node = next(inner, None)
    return node.end_byte if node is not None else place


def _errors(root: Node) -> Iterator[_Error]:
    """The ERROR and MISSING nodes, outer ones only; the parent of one that is hidden."""
    waiting = [root] if root.has_error else []
    while waiting:
        node = waiting.pop()
        inner = [child for child in node.children if child.has_error or child.is_missing]
        if node.is_error or node.is_missing or not inner:
            yield _Error(node.type, node.start_byte, node.end_byte)
        else:
            waiting += inner
