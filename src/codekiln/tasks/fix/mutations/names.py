"""Mutations of what is referred to and done: names, members, arguments, calls, returns, imports."""

from collections.abc import Iterator
from itertools import pairwise

from codekiln.tasks.fix.mutations.site import Edit, Site


def wrong_name(site: Site) -> Iterator[Edit]:
    """Another name that the function knows."""
    name = site.text
    if not _is_read(site) or name not in site.names:
        return
    others = [other for other in site.names if other != name]
    if others:
        yield site.replaced(others[(site.names.index(name) + site.node.start_byte) % len(others)])


def misspelt_name(site: Site) -> Iterator[Edit]:
    """A letter doubled, dropped or swapped with the next."""
    if _is_read(site) and len(site.text) > 3:
        yield site.replaced(_misspelt(site.text, site.node.start_byte))


def wrong_member(site: Site) -> Iterator[Edit]:
    """A misspelt attribute, field or method."""
    if site.node.type not in site.nodes.members:
        return
    for field in ("attribute", "property", "field", "name"):
        member = site.node.child_by_field_name(field)
        if member is not None and len(site.of(member)) > 2:
            yield site.replaced(_misspelt(site.of(member), member.start_byte), member)
            return


def swapped_arguments(site: Site) -> Iterator[Edit]:
    """Two arguments, one in the place of the other."""
    if site.node.type not in site.nodes.arguments:
        return
    plain = [each for each in site.elements() if not _is_keyword(each.type)]
    for first, second in pairwise(plain):
        before, after = site.of(first), site.of(second)
        if before != after:
            between = site.content[first.end_byte : second.start_byte].decode(errors="replace")
            yield Edit(first.start_byte, second.end_byte, f"{after}{between}{before}")


def missing_argument(site: Site) -> Iterator[Edit]:
    """The last of several arguments is left out."""
    if site.node.type in site.nodes.arguments and len(site.elements()) > 1:
        *_, before, last = site.elements()
        yield Edit(before.end_byte, last.end_byte, "")


def missing_return(site: Site) -> Iterator[Edit]:
    """What should be returned is computed and lost."""
    if site.node.type not in site.nodes.returns or not site.elements():
        return
    value = site.elements()[0]
    end = ";" if site.text.endswith(";") else ""
    yield site.replaced(site.of(value) + end)


def missing_await(site: Site) -> Iterator[Edit]:
    """A coroutine instead of what it comes to."""
    if site.node.type in site.nodes.awaits and site.elements():
        yield site.replaced(site.of(site.elements()[0]))


def missing_import(site: Site) -> Iterator[Edit]:
    """An import is left out."""
    if site.node.type in site.nodes.imports and "__future__" not in site.text:
        line = site.without_line()
        if line:
            yield line


def dropped_call(site: Site) -> Iterator[Edit]:
    """A call for its effect is gone; of `x.strip()`, `sorted(x)` or `f(x)`, only `x` stays."""
    if site.node.type not in site.nodes.calls:
        return
    if site.parent_is(frozenset(("expression_statement",))):
        statement = Site(
            site.node.parent or site.node, site.content, site.nodes, site.names, site.is_python
        )
        line = statement.without_line() if statement.elements() == [site.node] else None
        if line and not site.is_python:
            yield line
        elif line:
            yield Edit(statement.node.start_byte, statement.node.end_byte, "pass")
        return
    function = site.node.child_by_field_name("function")
    arguments = site.node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return
    inner = Site(arguments, site.content, site.nodes, site.names, site.is_python).elements()
    owner = function.child_by_field_name("object") or function.child_by_field_name("argument")
    if owner is not None and not inner:
        yield site.replaced(site.of(owner))
    elif owner is None and len(inner) == 1:
        yield site.replaced(site.of(inner[0]))


def missing_guard(site: Site) -> Iterator[Edit]:
    """A case that leaves early, or raises, is not told apart."""
    if site.node.type not in site.nodes.guards or site.node.child_by_field_name("alternative"):
        return
    body = site.node.child_by_field_name("consequence")
    text = site.of(body) if body else ""
    if text.count("\n") > 2 or not text.lstrip("{ \n\t").startswith(
        ("return", "raise", "throw", "continue", "break")
    ):
        return
    line = site.without_line()
    if line:
        yield line


def _is_read(site: Site) -> bool:
    """Whether a name stands where its value is used: no parameter, no definition, no keyword."""
    node, parent = site.node, site.node.parent
    if node.type not in site.nodes.names or parent is None:
        return False
    if parent.type in site.nodes.parameters or parent.type in site.nodes.imports:
        return False
    bound = (
        "name",
        "left",
        "attribute",
        "property",
        "field",
        "declarator",
        "pattern",
        "type",
        "label",
    )
    if any(parent.child_by_field_name(field) == node for field in bound):
        return False
    return not any(
        word in parent.type for word in ("import", "parameter", "dotted", "global", "pattern")
    )


def _is_keyword(kind: str) -> bool:
    return kind in (
        "keyword_argument",
        "list_splat",
        "dictionary_splat",
        "spread_element",
        "for_in_clause",
    )


def _misspelt(name: str, number: int) -> str:
    place = 1 + number % (len(name) - 1)
    swapped = f"{name[: place - 1]}{name[place]}{name[place - 1]}{name[place + 1 :]}"
    if number % 3 == 0 and swapped != name and swapped[0].isalpha():
        return swapped
    if number % 3 == 1:
        return f"{name[:place]}{name[place + 1 :]}"
    return f"{name[:place]}{name[place]}{name[place:]}"
