"""The places where a mutation may be made: nodes of a syntax tree, read by `nodes.toml`."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import NamedTuple

from tree_sitter import Node


class Mutation(NamedTuple):
    """Bytes from `start` to `end` of the code become `text`; `kind` is one of `KINDS`."""

    kind: str
    start: int
    end: int
    text: str

    def apply(self, content: bytes) -> bytes:
        """The code with the bug."""
        return content[: self.start] + self.text.encode() + content[self.end :]


class Edit(NamedTuple):
    """A mutation whose kind goes without saying."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Nodes:
    """One table of `nodes.toml`."""

    names: frozenset[str]
    parameters: frozenset[str]
    integers: frozenset[str]
    strings: frozenset[str]
    operations: frozenset[str]
    arguments: frozenset[str]
    calls: frozenset[str]
    returns: frozenset[str]
    awaits: frozenset[str]
    imports: frozenset[str]
    defaults: frozenset[str]
    conditions: frozenset[str]
    guards: frozenset[str]
    indexes: frozenset[str]
    statements: frozenset[str]
    members: frozenset[str]
    comments: frozenset[str]
    booleans: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    negation: tuple[str, str] = ("!(", ")")


@dataclass(frozen=True)
class Site:
    """One node, the code it is in, and the names that its function knows of."""

    node: Node
    content: bytes
    nodes: Nodes
    names: tuple[str, ...]
    is_python: bool

    @property
    def text(self) -> str:
        """What the node reads."""
        return self.of(self.node)

    def of(self, node: Node) -> str:
        """What another node reads; not `node.text`, which brings the process down."""
        return self.content[node.start_byte : node.end_byte].decode(errors="replace")

    def replaced(self, text: str, node: Node | None = None) -> Edit:
        """The node, or another, with a new text."""
        node = node or self.node
        return Edit(node.start_byte, node.end_byte, text)

    def without_line(self) -> Edit | None:
        """The node's lines taken away, where nothing else is in them."""
        start = self.content.rfind(b"\n", 0, self.node.start_byte) + 1
        end = self.content.find(b"\n", self.node.end_byte) + 1
        around = self.content[start : self.node.start_byte] + self.content[self.node.end_byte : end]
        return Edit(start, end, "") if end and not around.strip(b" \t\r\n;") else None

    def elements(self) -> list[Node]:
        """The named children that are no comments."""
        return [
            child for child in self.node.named_children if child.type not in self.nodes.comments
        ]

    def parent_is(self, types: frozenset[str]) -> bool:
        """Whether the node stands directly in one of these."""
        return self.node.parent is not None and self.node.parent.type in types


def walk(root: Node) -> Iterator[Node]:
    """Every node, in the order of the text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.children)
        yield node


@cache
def nodes_of(language: str) -> Nodes | None:
    """The table of a language, if there is one."""
    text = resources.files(__package__).joinpath("nodes.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    table = tables.get(language)
    if table is None:
        return None
    table = tables[table.get("like", language)]
    sets = {
        name: frozenset(table.get(name, ()))
        for name in Nodes.__dataclass_fields__
        if name not in ("booleans", "types", "negation")
    }
    before, after = table["not"]
    return Nodes(
        **sets,
        booleans=table.get("booleans", {}),
        types=table.get("types", {}),
        negation=(before, after),
    )
