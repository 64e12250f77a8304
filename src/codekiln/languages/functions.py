"""Functions with the documentation their authors gave them, from syntax trees by `functions.toml`.

Which of them are good for anything is the caller's business.
"""

import re
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from tree_sitter import Node

from codekiln.languages.parsing import parse
from codekiln.languages.registry import Language

_MARKS = re.compile(r"^[ \t]*(?:/\*+!?|//[/!]*|\*(?!/))?|\*+/[ \t]*$", re.MULTILINE)
# What ends a first paragraph: an empty line, a list of parameters, an example.
_REST = re.compile(
    r"\n[ \t]*(?:\n|[@:\\]\w|<p>|<pre>|>>>|```|(?:Args|Arguments|Parameters|Params|Returns|Raises|Yields|"
    r"Examples?|Notes?)[ \t]*:?[ \t]*\n)",
    re.IGNORECASE,
)
_LAST_NAME = re.compile(r"[^\W\d]\w*(?=\W*$)")


@dataclass(frozen=True)
class Function:
    """A function without its documentation, of which there is the first paragraph on one line."""

    name: str
    documentation: str
    code: str


@dataclass(frozen=True)
class _Rules:
    """One table of `functions.toml`; without `comments` the documentation stands inside."""

    functions: frozenset[str]
    wrappers: frozenset[str]
    comments: frozenset[str]
    between: frozenset[str]


def documented_functions(language: Language, content: bytes) -> Iterator[Function]:
    """Every function of UTF-8 `content` that has documentation, in the order of the file.

    None where `functions.toml` does not know the language, or parsing was given up.
    """
    rules = _tables().get(language.name)
    tree = parse(language, content) if rules else None
    if rules is None or tree is None:
        return
    file = _File(content, rules)
    waiting = [tree.root_node]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.named_children)
        if node.type in rules.functions:
            found = file.function(node)
            if found is not None:
                yield found


class _File:
    """One file and the rules of its language."""

    def __init__(self, content: bytes, rules: _Rules) -> None:
        self._content, self._rules = content, rules

    def function(self, node: Node) -> Function | None:
        """What is at a node, if it has a name and documentation."""
        whole, name = self._whole(node), self._name(node)
        found = self._in_front(whole) if self._rules.comments else self._inside(node)
        if not name or found is None:
            return None
        text, code = found
        return Function(name, _first_paragraph(text), self._dedented(whole, code))

    def _whole(self, node: Node) -> Node:
        """The declaration or statement that is nothing but the function."""
        while node.parent is not None and node.parent.type in self._rules.wrappers:
            node = node.parent
        return node

    def _name(self, node: Node) -> str:
        """The function's own name, or that of what it is assigned to."""
        named = node.child_by_field_name("name")
        if named is None and node.parent is not None:
            fields = map(node.parent.child_by_field_name, ("name", "key", "left"))
            named = next((field for field in fields if field is not None), None)
        found = _LAST_NAME.search(self._text(named)) if named else None
        return found[0] if found else ""

    def _inside(self, node: Node) -> tuple[str, bytes] | None:
        """The string that the body begins with, and the function without it."""
        body = node.child_by_field_name("body")
        statements = (
            (child for child in body.named_children if child.type != "comment") if body else ()
        )
        first = next(iter(statements), None)
        if first is None or first.type != "expression_statement":
            return None
        string = first.children[0]
        if string.type != "string" or set(self._text(string.children[0]).lower()) & {"f", "b"}:
            return None
        parts = [
            self._text(part) for part in string.named_children if part.type == "string_content"
        ]
        before = self._content[node.start_byte : string.start_byte]
        return "".join(parts), before.rstrip() + self._content[string.end_byte : node.end_byte]

    def _in_front(self, node: Node) -> tuple[str, bytes] | None:
        """The comments that end on the line before, or on its own, and the function."""
        comments: list[str] = []
        row, before = node.start_point.row, node.prev_sibling
        while before is not None and row - _last_row(before) <= 1:
            if before.type in self._rules.comments and not self._margin(before).strip():
                comments.insert(0, self._text(before).rstrip())
            elif before.type not in self._rules.between:
                break
            row, before = before.start_point.row, before.prev_sibling
        text = _MARKS.sub("", "\n".join(comments))
        code = self._content[node.start_byte : node.end_byte]
        return (text, code) if text.strip() else None

    def _dedented(self, node: Node, code: bytes) -> str:
        """The code as it would stand at the left margin."""
        line = self._margin(node)
        margin = line[: len(line) - len(line.lstrip())]
        return textwrap.dedent((margin + code).decode(errors="replace"))

    def _margin(self, node: Node) -> bytes:
        """What stands before a node in its line."""
        return self._content[self._content.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]

    def _text(self, node: Node) -> str:
        # Not `node.text`, which reads through the parser's callback and brings the process down.
        return self._content[node.start_byte : node.end_byte].decode(errors="replace")


def _last_row(node: Node) -> int:
    """The row a node ends in; some comments count the line feed in."""
    return node.end_point.row - (node.end_point.column == 0)


def _first_paragraph(text: str) -> str:
    return " ".join(_REST.split(f"{text.strip()}\n", maxsplit=1)[0].split())


@cache
def _tables() -> dict[str, _Rules]:
    text = resources.files(__package__).joinpath("functions.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    whole = {name: tables[table.get("like", name)] for name, table in tables.items()}
    fields = ("functions", "wrappers", "comments", "between")
    return {
        name: _Rules(*(frozenset(table.get(field, ())) for field in fields))
        for name, table in whole.items()
    }
