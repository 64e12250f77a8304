"""What a file defines, in outline: signatures and the first line of the documentation, no bodies.

Values of fields are left out: an outline is for those who call, and values may be secrets. How an
outline is written down is `outline`, and what the nodes of the grammars are, `definitions.toml`.
"""

import re
import textwrap
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources

from tree_sitter import Node

from codekiln.languages import Language, parse
from codekiln.tasks.context.outline import Outline, braced, indented, verbatim

WHOLE = 400  # bytes up to which an enumeration, an alias or a macro is taken as it stands

_DEEPEST = 8  # conditions and namespaces around a definition

_MARKS = re.compile(r"^[ \t]*(?:/\*+!?|//[/!]*|\*(?!/))?|\*+/[ \t]*$", re.MULTILINE)
_QUOTES = re.compile(r"""^[rRuU]?(?:"{3}|'{3}|"|')|(?:"{3}|'{3}|"|')$""")


def definitions(language: Language, content: bytes) -> dict[str, Outline]:
    """Outlines of the functions and types at the top of UTF-8 `content`, by their names, in order.

    What a JavaScript module exports as its default is `default` too. Of a name that is defined more
    than once the first counts. None without a grammar, or where parsing was given up.
    """
    tree = parse(language, content)
    found: dict[str, Outline] = {}
    file = _File(language, content)
    waiting = [(tree.root_node, 0)] if tree else []
    while waiting:
        node, depth = waiting.pop()
        name = file.name(node)
        if name:
            found.setdefault(name, file.outline(node))
            if _is_default(node):
                found.setdefault("default", found[name])
        elif node.type in _nodes("around") and depth < _DEEPEST:
            waiting += [(child, depth + 1) for child in reversed(node.named_children)]
    return found


class _File:
    """One file, and how its language writes an outline."""

    def __init__(self, language: Language, content: bytes) -> None:
        self._content, self._is_python = content, language.name == "python"

    def name(self, node: Node) -> str:
        """The name of a definition; empty for what is none."""
        if node.type in _nodes("declarations"):
            if not _nodes("function_values").intersection(part.type for part in _parts(node)):
                return ""
        elif node.type not in _nodes("functions") | _nodes("types") | _nodes("verbatim"):
            return ""
        *_, last = _parts(node)
        named = node.child_by_field_name("name") or last.child_by_field_name("name") or last
        return self._text(named).rpartition("::")[2] if "identifier" in named.type else ""

    def outline(self, node: Node) -> Outline:
        """A definition from its left margin."""
        if node.type in _nodes("verbatim"):
            return verbatim(self._whole(node))
        head = self._head(node)
        if self._is_python:
            fields = self._members(node) if node.type in _nodes("types") else None
            return indented(head, self._docstring(node), fields)
        return braced(
            head, self._comment(node), self._members(node) if node.type in _nodes("types") else ()
        )

    def _members(self, node: Node) -> Iterator[str]:
        """Methods and declared fields of a type, as they are written, without bodies and values."""
        body = node.child_by_field_name("body")
        for child in body.named_children if body else ():
            inner = child.child_by_field_name("definition") or child
            if inner.type in _nodes("functions"):
                yield self._head(inner)
            elif inner.type in _nodes("fields"):
                yield self._without_value(inner)
            elif inner.type == "expression_statement":  # Python's fields are declared with a type
                first = inner.named_children[0] if inner.named_children else inner
                if first.child_by_field_name("type"):
                    yield self._without_value(inner)

    def _without_value(self, node: Node) -> str:
        inner = node.named_children[0] if node.type == "expression_statement" else node
        inner = inner.child_by_field_name("declarator") or inner
        values = map(inner.child_by_field_name, ("right", "value", "default_value"))
        value = next((value for value in values if value), None)
        end = value.start_byte if value else node.end_byte
        return self._dedented(node, end).removesuffix("=").rstrip()

    def _head(self, node: Node) -> str:
        """What stands in front of the body; of an assigned function, from the declaration on."""
        holder = node.child_by_field_name("value") or node
        body = holder.child_by_field_name("body")
        signature = [
            child
            for child in holder.children
            if "comment" not in child.type and body and child.end_byte <= body.start_byte
        ]
        start = node.parent if node.type == "variable_declarator" and node.parent else node
        return self._dedented(start, signature[-1].end_byte if signature else node.end_byte)

    def _whole(self, node: Node) -> str:
        is_short = node.end_byte - node.start_byte <= WHOLE
        return self._dedented(node, node.end_byte) if is_short else self._head(node)[:WHOLE]

    def _docstring(self, node: Node) -> str:
        place: Node | None = node.child_by_field_name("body")
        for kind in ("block", "expression_statement"):
            if place is None or place.type != kind:
                return ""
            parts = (child for child in place.named_children if child.type != "comment")
            place = next(parts, None)
        is_string = place is not None and place.type == "string"
        return _first_line(_QUOTES.sub("", self._text(place))) if place and is_string else ""

    def _comment(self, node: Node) -> str:
        """The comment that ends on the line before."""
        while node.parent is not None and node.parent.type in _nodes("wrappers"):
            node = node.parent
        before = node.prev_sibling
        if before is None or "comment" not in before.type:
            return ""
        is_near = node.start_point.row - before.end_point.row <= 1
        return _first_line(_MARKS.sub("", self._text(before))) if is_near else ""

    def _dedented(self, node: Node, end: int) -> str:
        """The text from a node's beginning to a byte, as it would stand at the left margin."""
        start = node.start_byte
        line = self._content[self._content.rfind(b"\n", 0, start) + 1 : start]
        blank = line[: len(line) - len(line.lstrip())]
        text = (blank + self._content[start:end]).decode(errors="replace")
        return textwrap.dedent(text).rstrip()

    def _text(self, node: Node) -> str:
        # Not `node.text`, which reads through the parser's callback and brings the process down.
        return self._content[node.start_byte : node.end_byte].decode(errors="replace")


def _parts(node: Node) -> Iterator[Node]:
    """A definition, and what its name is wrapped in, as in C; or the value that is named."""
    inner: Node | None = node
    while inner is not None:
        yield inner
        inner = inner.child_by_field_name("declarator") or inner.child_by_field_name("value")


def _is_default(node: Node) -> bool:
    around = node.parent
    if around is None or around.type != "export_statement":
        return False
    return any(child.type == "default" for child in around.children)


def _first_line(text: str) -> str:
    return next(filter(None, map(str.strip, text.splitlines())), "")


@cache
def _nodes(kind: str) -> frozenset[str]:
    text = resources.files(__package__).joinpath("definitions.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)[kind])
