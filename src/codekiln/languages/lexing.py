"""Lexical analysis: a file as lexemes, each of one kind, from the leaves of its syntax tree.

A comment is one lexeme and so is a string, but for code inside it, whose lexemes stand between the
string's pieces. What the nodes of the grammars are stands in `lexing.toml`.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from tree_sitter import Node

from codekiln.languages.parsing import parse
from codekiln.languages.registry import Language

LexicalKind = Literal[
    "text",  # what no grammar reads: prose between tags, the body of a macro, what fits nowhere
    "whitespace",
    "keyword",
    "identifier",
    "literal",
    "operator",
    "punctuation",
    "comment",
]
LEXICAL_KINDS: tuple[LexicalKind, ...] = get_args(LexicalKind)

ATOMS = ("comment", "identifier")  # kinds of nodes that are not looked into

_PUNCTUATION = re.compile(r"(?!\.\.$)[()\[\]{},;:.@$]+|#\{")
_WORD = re.compile(r"#?\s*[@!]?[^\W\d]")
_LITERAL = re.compile(r"\.?\d|[\"'`]")
_NAME = re.compile(r"identifier$|name$|variable$")
_RUN = re.compile(r"\s+|\S+")


class Lexeme(NamedTuple):
    """A piece of a file: bytes `start` to `end`."""

    start: int
    end: int
    kind: LexicalKind


def lex(language: Language | None, content: bytes) -> list[Lexeme] | None:
    """The lexemes of UTF-8 `content`, end to end from its first byte to its last.

    None where there is no grammar, or where parsing was given up.
    """
    tree = parse(language, content) if language else None
    if tree is None:
        return None
    canvas = _Canvas(content)
    waiting = [(tree.root_node, False)]
    while waiting:  # outer nodes are painted before what is in them
        node, in_literal = waiting.pop()
        role = _roles().get(node.type) if node.is_named else None
        if role in ATOMS:
            canvas.paint(node, role)
            continue
        if role == "literal":
            if not in_literal:
                canvas.paint(node, role)
        elif node.child_count:
            if in_literal:
                canvas.paint(node, "text")
        elif not in_literal:
            canvas.paint(node, role or canvas.shape(node))
        within = role == "literal"
        waiting += [(child, within) for child in reversed(node.children)]
    return list(canvas.lexemes())


class _Canvas:
    """The kind of every byte, and where lexemes meet."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._kinds = bytearray(len(content))  # places in LEXICAL_KINDS; at first all is text
        self._borders = {0, len(content)}

    def paint(self, node: Node, kind: LexicalKind) -> None:
        """Give a node one kind; white space that a grammar counts in at its ends keeps its own."""
        start, end = node.start_byte, node.end_byte
        if kind != "literal":
            text = self._content[start:end]
            start, end = end - len(text.lstrip()), start + len(text.rstrip())
        if start < end:
            self._kinds[start:end] = bytes([LEXICAL_KINDS.index(kind)]) * (end - start)
            self._borders |= {start, end}

    def shape(self, leaf: Node) -> LexicalKind:
        """The kind of a leaf that `lexing.toml` does not list, by its name or its text."""
        if leaf.is_error:
            return "text"
        if leaf.type.startswith("keyword_"):
            return "keyword"
        if leaf.is_named and _NAME.search(leaf.type):
            return "identifier"
        text = self._content[leaf.start_byte : leaf.end_byte].decode(errors="replace").strip()
        if _PUNCTUATION.fullmatch(text):
            return "punctuation"
        if _WORD.match(text):
            return "identifier" if leaf.is_named else "keyword"
        return "literal" if _LITERAL.match(text) else "operator"

    def lexemes(self) -> Iterator[Lexeme]:
        """All of the content, end to end."""
        for start, end in pairwise(sorted(self._borders)):
            kind = LEXICAL_KINDS[self._kinds[start]]
            if kind != "text":
                yield Lexeme(start, end, kind)
                continue
            for run in _RUN.findall(self._content[start:end].decode(errors="surrogateescape")):
                end = start + len(run.encode(errors="surrogateescape"))
                yield Lexeme(start, end, _unread(run))
                start = end


def _unread(run: str) -> LexicalKind:
    """The kind of what no leaf covers; some grammars have leaves for all but white space and `;`."""
    if run.isspace():
        return "whitespace"
    return "punctuation" if _PUNCTUATION.fullmatch(run) else "text"


@cache
def _roles() -> dict[str, LexicalKind]:
    """The kinds of the named nodes that `lexing.toml` lists."""
    text = resources.files(__package__).joinpath("lexing.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {name: kind for kind in LEXICAL_KINDS for name in table.get(kind, ())}
