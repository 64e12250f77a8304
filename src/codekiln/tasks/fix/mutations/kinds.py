"""The kinds of mutations, and all that can be made in a stretch of code."""

from collections.abc import Callable, Iterator
from types import MappingProxyType

from tree_sitter import Node

from codekiln.languages import Language, parse
from codekiln.tasks.fix.mutations import layout, names, values
from codekiln.tasks.fix.mutations.site import Edit, Mutation, Nodes, Site, nodes_of, walk

Make = Callable[[Site], Iterator[Edit]]


def _named(*functions: Make) -> dict[str, Make]:
    return {function.__name__.replace("_", "-"): function for function in functions}


_LAYOUT = _named(
    layout.missing_colon,
    layout.missing_semicolon,
    layout.missing_bracket,
    layout.missing_quote,
    layout.missing_comma,
    layout.wrong_indentation,
)
KINDS: MappingProxyType[str, Make] = MappingProxyType(
    {
        **_named(
            values.off_by_one,
            values.wrong_operator,
            values.inverted_condition,
            values.wrong_index,
            values.wrong_default,
            values.wrong_value,
            values.wrong_type,
            names.wrong_name,
            names.misspelt_name,
            names.wrong_member,
            names.swapped_arguments,
            names.missing_argument,
            names.missing_return,
            names.missing_await,
            names.missing_import,
            names.dropped_call,
            names.missing_guard,
        ),
        **_LAYOUT,
    }
)
LAYOUT = frozenset(_LAYOUT)  # the kinds that leave code which does not parse, or may not


def mutations(
    language: Language, content: bytes, start: int = 0, end: int | None = None
) -> list[Mutation]:
    """All mutations of UTF-8 `content` from byte `start` to `end`, and of its imports, in order.

    None where the language has no table in `nodes.toml`, or parsing was given up.
    """
    nodes = nodes_of(language.name)
    tree = parse(language, content) if nodes else None
    if nodes is None or tree is None:
        return []
    end = len(content) if end is None else end
    known = _names(tree.root_node, content, nodes, start, end)
    found: dict[Mutation, None] = {}
    for node in walk(tree.root_node):
        is_within = start <= node.start_byte and node.end_byte <= end
        if not is_within and node.type not in nodes.imports:
            continue
        site = Site(node, content, nodes, known, language.name == "python")
        for kind, make in KINDS.items():
            if is_within or kind == "missing-import":
                for edit in make(site):
                    if edit.text.encode() != content[edit.start : edit.end]:
                        found[Mutation(kind, *edit)] = None
    return list(found)


def _names(root: Node, content: bytes, nodes: Nodes, start: int, end: int) -> tuple[str, ...]:
    """The parameters and variables of a stretch of code: names that are bound in it."""
    site = Site(root, content, nodes, (), False)
    bound: dict[str, None] = {}
    for node in walk(root):
        if start <= node.start_byte and node.end_byte <= end and node.type in nodes.names:
            parent = node.parent
            is_bound = parent is not None and (
                parent.type in nodes.parameters
                or "parameter" in parent.type
                or parent.child_by_field_name("left") == node
                or parent.child_by_field_name("declarator") == node
            )
            if is_bound:
                bound[site.of(node)] = None
    return tuple(bound)
