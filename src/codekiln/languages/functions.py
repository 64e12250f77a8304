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

BODIES = ("block", "statement_block", "constructor_body")  # what stands around a body's statements
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
class FunctionPlace:
    """Where a function stands in its file, in bytes, and all of its documentation.

    It begins at `start`, decorators and comments that document it included. `body` is the beginning of
    the first line behind the signature, and behind a documentation inside; so up to there is what says
    what the function does, and from there to `end` how. `owners` are the types that it stands in, the
    outermost first, from where each begins to behind the line that opens it.
    """

    name: str
    start: int
    body: int
    end: int
    documentation: str
    owners: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Rules:
    """One table of `functions.toml`; without `comments` the documentation stands inside."""

    functions: frozenset[str]
    wrappers: frozenset[str]
    comments: frozenset[str]
    between: frozenset[str]
    decorated: frozenset[str]
    types: frozenset[str]
    frames: frozenset[str]


def documented_functions(language: Language, content: bytes) -> Iterator[Function]:
    """Every function of UTF-8 `content` that has documentation, in the order of the file.

    None where `functions.toml` does not know the language, or parsing was given up.
    """
    for file, node in _nodes(language, content):
        found = file.function(node)
        if found is not None:
            yield found


def function_places(language: Language, content: bytes) -> Iterator[FunctionPlace]:
    """Every function of UTF-8 `content` that has a name and, in lines of its own, a body.

    In the order of the file; functions inside of functions are left out. None where `functions.toml`
    does not know the language, or parsing was given up.
    """
    for file, node in _nodes(language, content):
        found = file.place(node)
        if found is not None:
            yield found


def _nodes(language: Language, content: bytes) -> Iterator[tuple["_File", Node]]:
    """The nodes of functions, each with its file."""
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
            yield file, node


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

    def place(self, node: Node) -> FunctionPlace | None:
        """Where a function is, if nothing but types is around it."""
        whole, name, body = self._whole(node), self._name(node), node.child_by_field_name("body")
        if whole.parent is not None and whole.parent.type in self._rules.decorated:
            whole = whole.parent
        owners = self._owners(whole)
        if not name or body is None or body.type not in BODIES or owners is None:
            return None
        start, behind, text = whole.start_byte, self._opening(node, body), ""
        if self._rules.comments:
            comments = self._comments(whole)
            start = comments[0].start_byte if comments else start
            text = self._unmarked(comments)
        elif string := self._string(node):
            behind, text = string.end_byte, self._inner(string)
        first = self._content.find(b"\n", behind, body.end_byte) + 1
        if not first or self._content[behind:first].strip():
            return None
        return FunctionPlace(name, start, first, whole.end_byte, _aligned(text), owners)

    def _owners(self, node: Node) -> tuple[tuple[int, int], ...] | None:
        """Where the types around a node begin, and how far what opens them goes."""
        owners: list[tuple[int, int]] = []
        while node.parent is not None and node.parent.parent is not None:
            node = node.parent
            body = node.child_by_field_name("body")
            if node.type in self._rules.types and body is not None:
                owners.insert(0, (node.start_byte, self._opening(node, body)))
            elif node.type not in self._rules.frames:
                return None
        return tuple(owners)

    def _opening(self, node: Node, body: Node) -> int:
        """The end of the brace or colon that a body begins with."""
        colons = (child.end_byte for child in node.children if child.type == ":")
        return body.start_byte + 1 if self._rules.comments else next(colons, body.start_byte)

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
        string = self._string(node)
        if string is None:
            return None
        before = self._content[node.start_byte : string.start_byte]
        code = before.rstrip() + self._content[string.end_byte : node.end_byte]
        return self._inner(string), code

    def _string(self, node: Node) -> Node | None:
        """The plain string that the body begins with."""
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
        return string

    def _inner(self, string: Node) -> str:
        """What stands between the quotes."""
        parts = (part for part in string.named_children if part.type == "string_content")
        return "".join(map(self._text, parts))

    def _in_front(self, node: Node) -> tuple[str, bytes] | None:
        """The comments that end on the line before, or on its own, and the function."""
        text = self._unmarked(self._comments(node))
        code = self._content[node.start_byte : node.end_byte]
        return (text, code) if text.strip() else None

    def _comments(self, node: Node) -> list[Node]:
        """The comments that end on the line before a node, or on its own."""
        comments: list[Node] = []
        row, before = node.start_point.row, node.prev_sibling
        while before is not None and row - _last_row(before) <= 1:
            if before.type in self._rules.comments and not self._margin(before).strip():
                comments.insert(0, before)
            elif before.type not in self._rules.between:
                break
            row, before = before.start_point.row, before.prev_sibling
        return comments

    def _unmarked(self, comments: list[Node]) -> str:
        """What comments say, without their marks."""
        return _MARKS.sub("", "\n".join(self._text(comment).rstrip() for comment in comments))

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


def _aligned(text: str) -> str:
    """Documentation without the margin that its first line has not (PEP 257, "Handling indentation")."""
    first, feed, rest = text.strip().partition("\n")
    return first.strip() + feed + textwrap.dedent(rest)


def _first_paragraph(text: str) -> str:
    return " ".join(_REST.split(f"{text.strip()}\n", maxsplit=1)[0].split())


@cache
def _tables() -> dict[str, _Rules]:
    text = resources.files(__package__).joinpath("functions.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    whole = {name: tables[table.get("like", name)] for name, table in tables.items()}
    fields = _Rules.__dataclass_fields__
    return {
        name: _Rules(*(frozenset(table.get(field, ())) for field in fields))
        for name, table in whole.items()
    }
