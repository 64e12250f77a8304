"""What of its file a function needs: the imports, the types it is in, and itself.

    import math                         the file's imports

    class Circle(Shape):                the lines that open its types
        def area(self) -> float:        its signature, with decorators and documentation
            \"""The area.\"""
            return math.pi * self.r**2  the body, which is what is asked for

All imports come along, and not those alone that the body uses: where a body is to be written, nobody
knows yet which these will be.
"""

from dataclasses import dataclass
from functools import lru_cache

from codekiln.errors import UsageError
from codekiln.languages import FunctionPlace, Language, function_places, parse

LONGEST = 1000  # characters of imports; later ones than that are left out
_IMPORTS = frozenset(
    ("import_statement", "import_from_statement", "future_import_statement", "import_declaration")
) | {"use_declaration", "preproc_include", "package_declaration", "package_clause"}


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
    """The function at a place of its file, without the rest."""
    start = content.rfind(b"\n", 0, place.start) + 1
    signature = content[start : place.body].removesuffix(b"\n") + b"\n"
    owners = [content[content.rfind(b"\n", 0, first) + 1 : end] for first, end in place.owners]
    parts = [_imports(language, content), b"".join(b"%b\n" % owner for owner in owners)]
    front = b"\n".join(part for part in parts if part)
    if front and not owners:
        front += b"\n"
    body = content[place.body : place.end]
    closing = "" if language.name == "python" else "}\n" * len(owners)
    return Excerpt(
        (front + signature).decode(errors="replace"), f"{body.decode(errors='replace')}\n", closing
    )


def excerpt_at(language: Language, text: str, line: int) -> Excerpt:
    """The function that a line, counted from 1, stands in; it may have no body yet.

    Raises:
        UsageError: there is none, or its signature and its body share a line.
    """
    content = text.encode()
    for place in function_places(language, content):
        first, last = (content.count(b"\n", 0, end) + 1 for end in (place.start, place.end))
        if first <= line <= last:
            return excerpt(language, content, place)
    raise UsageError(
        f"Line {line} is in no function whose body has lines of its own: give a line of one, or break the "
        "line behind its signature."
    )


def stands_alone(language: Language, found: Excerpt) -> bool:
    """Whether an excerpt parses as a file."""
    tree = parse(language, found.text.encode())
    return tree is not None and not tree.root_node.has_error


@lru_cache(maxsize=1)  # the functions of a file come one after the other
def _imports(language: Language, content: bytes) -> bytes:
    """The imports at top level, a line each at least, as far as there is room."""
    tree = parse(language, content)
    found = b""
    for node in tree.root_node.named_children if tree else ():
        text = content[node.start_byte : node.end_byte].rstrip() + b"\n"
        if node.type in _IMPORTS and len(found) + len(text) <= LONGEST:
            found += text
    return found
