"""What of its file a function needs: the imports it uses, the types it is in, and itself.

import math                         imports that it uses

class Circle(Shape):                the lines that open its types
    def area(self) -> float:        its signature, with decorators and documentation
        \"""The area.\"""
        return math.pi * self.r**2    the body, which is what is asked for
"""

import re
from dataclasses import dataclass
from functools import cache

from tree_sitter import Node

from codekiln.languages import FunctionPlace, Language, parse

LONGEST_IMPORT = 400  # characters
_NAME = re.compile(r"[^\W\d]\w*")
_IMPORTS = frozenset(
    ("import_statement", "import_from_statement", "future_import_statement", "import_declaration")
) | {"use_declaration", "preproc_include", "package_declaration", "package_clause", "import_spec"}
_ALWAYS = frozenset(("future_import_statement", "package_declaration", "package_clause"))
_WORDS_OF_IMPORTS = frozenset(
    (
        "import",
        "from",
        "as",
        "use",
        "static",
        "type",
        "std",
        "java",
        "util",
        "include",
        "crate",
        "self",
    )
)


@dataclass(frozen=True)
class Excerpt:
    """`prefix` is what is given, whole lines, and `body` what is asked for, with its line feed."""

    prefix: str
    body: str
    closing: str  # what closes the types again, so that all of it parses

    @property
    def text(self) -> str:
        """A file of its own, which holds nothing but the function."""
        return self.prefix + self.body + self.closing


def excerpt(language: Language, content: bytes, place: FunctionPlace) -> Excerpt:
    """The function at a place of its file, without what it does not need."""
    start = content.rfind(b"\n", 0, place.start) + 1
    signature, body = content[start : place.body], content[place.body : place.end]
    owners = [content[content.rfind(b"\n", 0, first) + 1 : end] for first, end in place.owners]
    used = set(_NAME.findall((b"".join(owners) + signature + body).decode(errors="replace")))
    imports = _imports(language, content, used)
    parts = ["".join(f"{line}\n" for line in imports)] if imports else []
    parts.append(b"".join(b"%b\n" % owner for owner in owners).decode(errors="replace"))
    front = "\n".join(part for part in parts if part)
    if front and not owners:
        front += "\n"
    closing = "" if language.name == "python" else "}\n" * len(owners)
    return Excerpt(
        front + signature.decode(errors="replace"), body.decode(errors="replace") + "\n", closing
    )


def stands_alone(language: Language, found: Excerpt) -> bool:
    """Whether an excerpt parses as a file."""
    tree = parse(language, found.text.encode())
    return tree is not None and not tree.root_node.has_error


@cache
def _import_nodes(language: Language, content: bytes) -> tuple[tuple[str, str], ...]:
    """Type and text of each import at top level."""
    tree = parse(language, content)
    found: list[tuple[str, str]] = []
    for node in tree.root_node.named_children if tree else ():
        if node.type in _IMPORTS:
            found += _texts(node, content)
    return tuple(found)


def _texts(node: Node, content: bytes) -> list[tuple[str, str]]:
    text = content[node.start_byte : node.end_byte].decode(errors="replace").rstrip()
    groups = [child for child in node.named_children if child.type == "import_spec_list"]
    if not groups:
        return [(node.type, text)]
    specs = [child for child in groups[0].named_children if child.type == "import_spec"]
    return [
        (spec.type, f"import {content[spec.start_byte : spec.end_byte].decode(errors='replace')}")
        for spec in specs
    ]


def _imports(language: Language, content: bytes, used: set[str]) -> list[str]:
    """The imports with a name that is used, in their order."""
    return [
        text
        for kind, text in _import_nodes(language, content)
        if kind in _ALWAYS
        or (
            len(text) <= LONGEST_IMPORT
            and (kind == "preproc_include" or used & (set(_NAME.findall(text)) - _WORDS_OF_IMPORTS))
        )
    ]
