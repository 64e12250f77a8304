"""Mutations of how code is written: marks that are missing, and lines that stand in the wrong column."""

from collections.abc import Iterator

from codekiln.tasks.fix.mutations.site import Edit, Site

_CLOSING = (")", "]", "}")


def missing_colon(site: Site) -> Iterator[Edit]:
    """The colon behind a condition, a loop or a signature."""
    around = site.node.parent
    opens = around is not None and around.type.endswith(("_statement", "_definition", "_clause"))
    if site.is_python and site.node.type == ":" and opens:
        yield site.replaced("")


def missing_semicolon(site: Site) -> Iterator[Edit]:
    """The semicolon behind a statement."""
    if not site.is_python and site.node.type == ";" and site.parent_is(site.nodes.statements):
        yield site.replaced("")


def missing_bracket(site: Site) -> Iterator[Edit]:
    """A bracket that is not closed."""
    if site.node.type in _CLOSING and site.node.end_byte > site.node.start_byte:
        yield site.replaced("")


def missing_quote(site: Site) -> Iterator[Edit]:
    """A string that does not end."""
    if site.node.type in site.nodes.strings and "\n" not in site.text and len(site.text) > 2:
        yield Edit(site.node.end_byte - 1, site.node.end_byte, "")


def missing_comma(site: Site) -> Iterator[Edit]:
    """Two elements with nothing between them."""
    if site.node.type == ",":
        yield site.replaced("")


def wrong_indentation(site: Site) -> Iterator[Edit]:
    """A statement one step too far to the right, or to the left."""
    if not site.is_python or site.node.type not in site.nodes.statements or "\n" in site.text:
        return
    start = site.content.rfind(b"\n", 0, site.node.start_byte) + 1
    margin = site.content[start : site.node.start_byte].decode(errors="replace")
    if margin and not margin.strip(" "):
        yield Edit(start, site.node.start_byte, margin + "    ")
        if len(margin) > 4:
            yield Edit(start, site.node.start_byte, margin[4:])
