"""Mutations of what is computed: numbers, operators, conditions, indexes, defaults, types."""

from collections.abc import Iterator

from codekiln.tasks.fix.mutations.site import Edit, Site

_BOUNDS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_OPERATORS = {
    **{"+": "-", "-": "+", "*": "+", "/": "*", "//": "/", "%": "/", "**": "*"},
    **{"==": "!=", "!=": "==", "===": "!==", "!==": "===", "is": "is not", "in": "not in"},
    **{
        "and": "or",
        "or": "and",
        "&&": "||",
        "||": "&&",
        "&": "|",
        "|": "&",
        "<<": ">>",
        ">>": "<<",
    },
    **{"+=": "-=", "-=": "+=", "*=": "+=", "++": "--", "--": "++"},
}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def off_by_one(site: Site) -> Iterator[Edit]:
    """A whole number one too large or too small, or a bound that is met or missed."""
    text = site.text
    if site.node.type in site.nodes.integers and text.isdecimal() and len(text) < 10:
        if not _is_index(site):
            yield site.replaced(str(int(text) + 1))
            if int(text):
                yield site.replaced(str(int(text) - 1))
    elif site.parent_is(site.nodes.operations) and text in _BOUNDS:
        yield site.replaced(_BOUNDS[text])


def wrong_operator(site: Site) -> Iterator[Edit]:
    """Another operator of the same kind."""
    if site.node.is_named or not site.parent_is(site.nodes.operations):
        return
    other = _OPERATORS.get(site.text) or _TURNED.get(site.text)
    if other:
        yield site.replaced(other)


def inverted_condition(site: Site) -> Iterator[Edit]:
    """A condition with a `not` too many, or one too few."""
    if site.node.type not in site.nodes.conditions:
        return
    condition = site.node.child_by_field_name("condition")
    if condition is None:
        return
    if condition.type == "parenthesized_expression" and not site.is_python:
        condition = next(iter(condition.named_children), condition)
    text = site.of(condition)
    before, after = site.nodes.negation
    if text.startswith("not "):
        yield site.replaced(text.removeprefix("not "), condition)
    elif text.startswith("!") and condition.type == "unary_expression":
        yield site.replaced(text.removeprefix("!"), condition)
    elif site.is_python and condition.type in ("boolean_operator", "conditional_expression"):
        yield site.replaced(f"not ({text})", condition)
    else:
        yield site.replaced(f"{before}{text}{after}", condition)


def wrong_index(site: Site) -> Iterator[Edit]:
    """The neighbour of the element that is meant, or the other end."""
    text = site.text
    if site.node.type in site.nodes.integers and text.isdecimal() and _is_index(site):
        yield site.replaced(str(int(text) + 1))
        if int(text):
            yield site.replaced(str(int(text) - 1))
    elif site.node.type in site.nodes.indexes:
        index = site.node.child_by_field_name("subscript") or site.node.child_by_field_name("index")
        if index is not None and index.type in site.nodes.names:
            yield site.replaced(f"{site.of(index)} + 1", index)


def wrong_default(site: Site) -> Iterator[Edit]:
    """Another default of a parameter."""
    if site.node.type not in site.nodes.defaults:
        return
    value = site.node.child_by_field_name("value") or site.node.child_by_field_name("right")
    if value is None:
        return
    text = site.of(value)
    if text in site.nodes.booleans:
        yield site.replaced(site.nodes.booleans[text], value)
    elif text.isdecimal():
        yield site.replaced(str(int(text) + 1), value)
    elif value.type in site.nodes.strings:
        yield site.replaced(text[0] * 2 if len(text) > 2 else f"{text[0]} {text[0]}", value)


def wrong_value(site: Site) -> Iterator[Edit]:
    """True for false, and the other way round."""
    if (
        site.text in site.nodes.booleans
        and not site.node.child_count
        and not site.parent_is(site.nodes.defaults)
    ):
        yield site.replaced(site.nodes.booleans[site.text])


def wrong_type(site: Site) -> Iterator[Edit]:
    """A number as text or text as bytes; where types are declared, another type."""
    text = site.text
    if site.nodes.types:
        if not site.node.child_count and text in site.nodes.types:
            yield site.replaced(site.nodes.types[text])
    elif site.node.type in site.nodes.integers and text.isdecimal():
        yield site.replaced(f'"{text}"')
    elif site.is_python and site.node.type in site.nodes.strings and text[:1] in "\"'":
        if (
            not site.parent_is(frozenset(("expression_statement", "concatenated_string")))
            and text.isascii()
        ):
            yield site.replaced(f"b{text}")
    elif site.is_python and site.node.type in site.nodes.returns and len(site.elements()) == 1:
        yield site.replaced(f"str({site.of(site.elements()[0])})", site.elements()[0])


def _is_index(site: Site) -> bool:
    node = site.node.parent
    if node is not None and node.type in ("unary_operator", "slice"):
        node = node.parent
    return node is not None and node.type in site.nodes.indexes
