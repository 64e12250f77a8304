"""Constructs that a grammar takes and the language does not.

Tree-sitter's grammars are made for editors: they take words such as `if` for names, statements where
only definitions may stand, and `a,, b` in a call. `doubts.toml` lists such things for each language, as
queries of tree-sitter and reserved words. It is a list of what has been met with, by holding verified
texts against compilers, and no proof that nothing is left. A language that is not in it is trusted.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Literal

from tree_sitter import Node, Query, QueryCursor, Tree

# Of JavaScript's regular expressions: what Python's would take in another sense.
_NO_REGEX = re.compile(r"\(\?(?![:=!<])|\(\?<(?![=!a-zA-Z_$])|[*+?}]\+")
_FUNCTIONS = frozenset(
    ("function_declaration", "function_expression", "arrow_function", "method_definition")
) | {"generator_function", "generator_function_declaration"}
_REGEX = re.compile(r"/(.*)/([dgimsuvy]*)", re.DOTALL)


class Doubts:
    """What is doubtful in trees of one language."""

    def __init__(self, name: str) -> None:
        self._table = _table(name)
        self._query: Query | None = None  # made with the first tree, which has the grammar
        self._within: dict[str, frozenset[str]] = {
            name: frozenset(homes) for name, homes in self._table.get("within", {}).items()
        }
        unread = self._table.get("unread")
        self._unread = re.compile(unread.encode()) if unread else None
        self._reserved = frozenset(self._table.get("reserved", "").split())
        self._caseless = bool(self._table.get("caseless"))
        self._bounds = frozenset(self._table.get("bounds", ()))

    def touch(self, tree: Tree, content: bytes, start: int, end: int) -> bool:
        """Whether something doubtful lies at one of the bytes of `content` from `start` to `end`."""
        if not self._table:
            return False
        if self._unread and self._unread.search(_lines(content, start, end)):
            return True
        if self._query is None:
            self._query = Query(tree.language, _query(self._table))
        cursor = QueryCursor(self._query)
        cursor.set_byte_range(start, end)
        source = _Source(content)
        found = cursor.captures(tree.root_node, source.holds)
        fine = {node.id for node in found.get("fine", ())}
        return any(
            node.start_byte < end and node.end_byte > start and node.id not in fine
            for node in self._doubtful(found, source)
        )

    def _doubtful(self, found: dict[str, list[Node]], source: "_Source") -> Iterator[Node]:
        yield from found.get("doubt", ())
        for node in found.get("name", ()):
            word = source.text(node)
            reserved = (word.lower() if self._caseless else word) in self._reserved
            if reserved or not _is_word(word):
                yield node
        for node in found.get("word", ()):
            if not _is_word(source.text(node)):
                yield node
        for node in found.get("macro", ()):
            if not source.knows_macro(source.text(node)):
                yield node
        for node in found.get("comma", ()):
            if node.prev_sibling is None or node.prev_sibling.type in (",", "(", "{"):
                yield node
        for node in found.get("item", ()):
            if not node.is_extra and _ends_line(node):
                yield node
        for node in found.get("statement", ()):
            if _first_token(node) in ("{", "function", "class", "async function"):
                yield node
        for node in found.get("awaiting", ()):
            function = _function(node)
            if function and "async" not in _tokens(function):
                yield node
        for node in found.get("yielding", ()):
            function = _function(node)
            if function is None or "*" not in _tokens(function):
                yield node
        for node in found.get("regex", ()):
            if not _is_regex(source.text(node)):
                yield node
        yield from (node for node in found.get("within", ()) if not self._is_at_home(node))

    def _is_at_home(self, node: Node) -> bool:
        """Whether a statement is in what it must be in; one with a label may be elsewhere."""
        above = node.parent
        while above is not None and above.type not in self._within[node.type]:
            above = None if above.type in self._bounds else above.parent
        return above is not None


class _Source:
    """The text of nodes, and what predicates say of it.

    A node's own `text` brings the process down where a file was handed to the parser in slices, and so do
    the predicates that tree-sitter knows itself.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content

    def text(self, node: Node) -> str:
        return self._content[node.start_byte : node.end_byte].decode(errors="replace")

    def knows_macro(self, name: str) -> bool:
        """Whether a name stands for a string: one of the standard, or one that does so more than once."""
        beside = rf'"\s*{name}\b|\b{name}\s*"'.encode()
        known = name.isupper() and len(re.findall(beside, self._content)) > 1
        return known or name.startswith(("PRI", "SCN"))

    def holds(
        self,
        predicate: str,
        args: list[tuple[str, Literal["capture", "string"]]],
        pattern_index: int,  # noqa: ARG002 (the protocol of tree-sitter)
        captures: dict[str, list[Node]],
    ) -> bool:
        """Whether a predicate holds of the nodes that a match has found."""
        first, second = (
            self.text(captures[value][0]) if kind == "capture" else value for value, kind in args
        )
        if predicate in ("same?", "differ?"):
            return (first == second) == (predicate == "same?")
        return bool(re.search(second, first)) == (predicate == "like?")


@cache
def doubts_of(name: str) -> Doubts:
    """What is doubtful in a language, read once."""
    return Doubts(name)


def _query(table: dict[str, Any]) -> str:
    """The query of a language, with the names and the statements that are looked at here."""
    names = " ".join(f"({name})" for name in table["names"])
    homes = " ".join(f"({name})" for name in table.get("within", ()))
    some = [f"[{names}] @name"] if names else []
    return "\n".join([table["query"], *some, f"[{homes}] @within" if homes else ""])


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("doubts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _table(name: str) -> dict[str, Any]:
    """What is listed for a language, with what it takes over."""
    table = _tables().get(name, {})
    if "like" not in table:
        return table
    base = _table(table["like"])
    return {
        **base,
        **table,
        "reserved": base["reserved"] + " " + table.get("reserved", ""),
        "names": [*base["names"], *table.get("names", ())],
        "query": base["query"] + table.get("query", ""),
    }


def _lines(content: bytes, start: int, end: int) -> bytes:
    """The lines in which the bytes from `start` to `end` lie."""
    last = content.find(b"\n", end)
    return content[content.rfind(b"\n", 0, start) + 1 : last + 1 if last >= 0 else None]


def _is_word(name: str) -> bool:
    """Whether a name has only letters, digits and what is written among them, by Unicode's Annex 31."""
    return name.isascii() or name.replace("$", "_").isidentifier() or "\\" in name


def _ends_line(item: Node) -> bool:
    """Whether what comes next, but for comments, is in a line below."""
    after = item.next_sibling
    while after is not None and after.is_extra:
        after = after.next_sibling
    return after is not None and after.start_point.row > item.end_point.row


def _function(node: Node) -> Node | None:
    """The function of JavaScript that a node is in."""
    above = node.parent
    while above is not None and above.type not in _FUNCTIONS:
        above = above.parent
    return above


def _tokens(node: Node) -> set[str]:
    return {child.type for child in node.children}


def _first_token(node: Node) -> str:
    while node.child_count:
        if node.type == "function_expression":
            return "async function" if node.children[0].type == "async" else "function"
        node = node.children[0]
    return node.type


def _is_regex(literal: str) -> bool:
    """Whether a literal of JavaScript is a regular expression, as far as Python's compiler can tell."""
    match = _REGEX.fullmatch(literal)
    if match is None or len(set(match[2])) < len(match[2]) or _NO_REGEX.search(match[1]):
        return False
    pattern = match[1].replace("\\/", "/").replace("[^]", r"[\s\S]")
    pattern = re.sub(r"\(\?<(?=[a-zA-Z_$])", "(?P<", pattern)
    try:
        re.compile(
            re.sub(r"\\(?:[pPu]\{[^}]*\}|c[A-Za-z]|k<\w+>|u[0-9a-fA-F]{4}|[a-zA-Z])", "x", pattern)
        )
    except (re.error, OverflowError, RecursionError):
        return False
    return True
