"""What a file defines, in outline: signatures and the first line of the documentation, no bodies.

Values are left out as far as possible: an outline is for those who call, and values may be secrets.
"""

import re
import textwrap

from tree_sitter import Node

from codekiln.languages import Language, parse

WHOLE = 400  # bytes up to which an enumeration, an alias or a macro is taken as it stands
MEMBERS = 16  # fields and methods that the outline of a type has at most

_FUNCTIONS = frozenset(
    """function_definition function_declaration generator_function_declaration function_signature
    method_definition method_declaration method_signature abstract_method_signature
    constructor_declaration""".split()
)
_TYPES = frozenset(
    """class_definition class_declaration abstract_class_declaration class_specifier
    interface_declaration struct_specifier record_declaration""".split()
)
_WHOLES = frozenset(
    """enum_declaration enum_specifier union_specifier type_alias_declaration type_definition
    alias_declaration preproc_function_def""".split()
)
_FIELDS = frozenset(
    """expression_statement public_field_definition property_signature field_declaration
    annotation_type_element_declaration""".split()
)
_ASSIGNED = frozenset(("variable_declarator", "declaration"))  # definitions if they hold a function
_AROUND = frozenset(
    """module program translation_unit export_statement decorated_definition if_statement
    try_statement else_clause elif_clause except_clause block namespace_definition declaration_list
    linkage_specification template_declaration preproc_ifdef preproc_if preproc_else
    lexical_declaration variable_declaration ambient_declaration internal_module""".split()
)
_ARROWS = frozenset(("arrow_function", "function_expression"))
_DEEPEST = 8  # conditions and namespaces around a definition

_MARKS = re.compile(r"^[ \t]*(?:/\*+!?|//[/!]*|\*(?!/))?|\*+/[ \t]*$", re.MULTILINE)
_PRIVATE = re.compile(r"\s*(?:#|private\b|(?:(?:async\s+)?def\s+)?_(?!_init__\b))")
_QUOTES = re.compile(r"""^[rRuU]?(?:\"{3}|'{3}|"|')|(?:\"{3}|'{3}|"|')$""")


def definitions(language: Language, content: bytes) -> dict[str, str]:
    """Outlines of the functions and types at the top of UTF-8 `content`, by their names, in order.

    What a JavaScript module exports as its default is `default` too. Of a name that is defined more
    than once the first counts. None without a grammar, or where parsing was given up.
    """
    tree = parse(language, content)
    found: dict[str, str] = {}
    if tree is None:
        return found
    file = _File(language, content)
    waiting = [(tree.root_node, 0)]
    while waiting:
        node, depth = waiting.pop()
        name = file.name(node)
        if name:
            found.setdefault(name, file.outline(node))
            if file.is_default(node):
                found.setdefault("default", found[name])
        elif node.type in _AROUND and depth < _DEEPEST:
            waiting += [(child, depth + 1) for child in reversed(node.named_children)]
    return found


class _File:
    """One file, and how its language writes an outline."""

    def __init__(self, language: Language, content: bytes) -> None:
        self._content, self._indented = content, language.name == "python"

    def name(self, node: Node) -> str:
        """The name of a definition; empty for what is none."""
        if node.type in _ASSIGNED and not self._holds_function(node):
            return ""
        if node.type not in _ASSIGNED | _FUNCTIONS | _TYPES | _WHOLES:
            return ""
        named = node.child_by_field_name("name")
        inner: Node | None = node
        while named is None and inner is not None:
            inner = inner.child_by_field_name("declarator")
            named = inner and (inner.child_by_field_name("name") or _leaf(inner))
        return self._text(named).rpartition("::")[2] if named else ""

    def is_default(self, node: Node) -> bool:
        """Whether a JavaScript module exports this as its default."""
        parent = node.parent
        return parent is not None and any(child.type == "default" for child in parent.children)

    def outline(self, node: Node) -> str:
        """A definition from its left margin, without a line end."""
        if node.type in _WHOLES:
            return self._dedented(node, self._whole(node))
        document, head = self._document(node), self._dedented(node, self._head(node))
        members = list(self._members(node)) if node.type in _TYPES else []
        if self._indented:
            lines = [f'"""{document}"""'] if document else []
            lines += members
            if not lines:
                return f"{head} ..."
            end = [] if node.type in _TYPES else ["..."]
            return "\n".join([head, textwrap.indent("\n".join(lines + end), "    ")])
        above = f"// {document}\n" if document else ""
        if not members:
            return f"{above}{head.removesuffix(';').removesuffix('=>').rstrip()};"
        return f"{above}{head} {{\n{textwrap.indent(chr(10).join(members), '    ')}\n}}"

    def _members(self, node: Node) -> list[str]:
        body = node.child_by_field_name("body")
        found: list[str] = []
        for child in body.named_children if body else ():
            inner = child.child_by_field_name("definition") or child
            if inner.type in _FUNCTIONS:
                text = self._dedented(inner, self._head(inner))
                text = f"{text} ..." if self._indented else f"{text.removesuffix(';')};"
            elif inner.type in _FIELDS:
                text = self._field(inner)
            else:
                continue
            if text and not _PRIVATE.match(text) and len(found) < MEMBERS:
                found.append(text)
        return found

    def _field(self, node: Node) -> str:
        """A declared field without its value; empty for any other statement."""
        inner = node.named_children[0] if node.type == "expression_statement" else node
        if node.type == "expression_statement" and not inner.child_by_field_name("type"):
            return ""
        inner = inner.child_by_field_name("declarator") or inner
        fields = map(inner.child_by_field_name, ("right", "value", "default_value"))
        value = next((field for field in fields if field), None)
        end = value.start_byte if value else node.end_byte
        text = self._content[node.start_byte : end].decode(errors="replace")
        text = text.rstrip().removesuffix("=").removesuffix(";").rstrip()
        return text if self._indented else f"{text};"

    def _head(self, node: Node) -> bytes:
        """What stands in front of the body; an assigned function from its declaration on."""
        start, holder = node.start_byte, node
        if node.type == "variable_declarator" and node.parent is not None:
            value = node.child_by_field_name("value")
            start, holder = node.parent.start_byte, value or node
        body = holder.child_by_field_name("body")
        return self._content[start : body.start_byte if body else node.end_byte].rstrip()

    def _whole(self, node: Node) -> bytes:
        text = self._content[node.start_byte : node.end_byte].rstrip()
        return text if len(text) <= WHOLE else self._head(node)[:WHOLE].split(b"\n")[0]

    def _document(self, node: Node) -> str:
        """The first line of the documentation."""
        if self._indented:
            body = node.child_by_field_name("body")
            first = body.named_children[0] if body and body.named_children else None
            string = first.named_children[0] if first and first.named_children else None
            is_text = first and first.type == "expression_statement" and string
            text = self._text(string) if is_text and string and string.type == "string" else ""
            text = _QUOTES.sub("", text)
        else:
            while node.parent is not None and node.parent.type in _AROUND and node.parent.parent:
                if node.parent.type in ("declaration_list", "program", "translation_unit"):
                    break
                node = node.parent
            before = node.prev_sibling
            is_text = before and "comment" in before.type
            near = before and node.start_point.row - before.end_point.row <= 1
            text = _MARKS.sub("", self._text(before)) if before and is_text and near else ""
        lines = (line.strip() for line in text.strip().splitlines())
        return next((line for line in lines if line), "").replace('"""', "'''")

    def _holds_function(self, node: Node) -> bool:
        value, declarator = map(node.child_by_field_name, ("value", "declarator"))
        if value is not None:
            return value.type in _ARROWS
        while declarator is not None and declarator.type == "pointer_declarator":
            declarator = declarator.child_by_field_name("declarator")
        return declarator is not None and declarator.type == "function_declarator"

    def _dedented(self, node: Node, code: bytes) -> str:
        start = self._content.rfind(b"\n", 0, node.start_byte) + 1
        margin = self._content[start : node.start_byte]
        blank = margin[: len(margin) - len(margin.lstrip())]
        return textwrap.dedent((blank + code).decode(errors="replace"))

    def _text(self, node: Node) -> str:
        # Not `node.text`, which reads through the parser's callback and brings the process down.
        return self._content[node.start_byte : node.end_byte].decode(errors="replace")


def _leaf(node: Node) -> Node | None:
    return node if node.type.endswith("identifier") else None
