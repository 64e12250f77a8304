"""Open documents as the client has them, and places in them in the client's units.

Lines end where LSP says so (3.18, "Text Documents": `\\n`, `\\r\\n`, `\\r`) and nowhere else: a form feed
or U+2028 ends none. A character offset counts units of the encoding that was agreed on; one behind the
end of its line is that end, and one inside of a character is in front of it. Inside of this program a
place is an offset in characters of the whole text.
"""

import re
from collections.abc import Mapping
from functools import cached_property

from lsprotocol.types import (
    Position,
    PositionEncodingKind,
    Range,
    TextDocumentContentChangeEvent,
    TextDocumentContentChangePartial,
)

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_CODECS: Mapping[str, tuple[str, int]] = {  # and the bytes of a unit
    PositionEncodingKind.Utf8: ("utf-8", 1),
    PositionEncodingKind.Utf16: ("utf-16-le", 2),
    PositionEncodingKind.Utf32: ("utf-32-le", 4),
}


class Units:
    """How a client counts along a line."""

    def __init__(self, encoding: PositionEncodingKind | str = PositionEncodingKind.Utf16) -> None:
        """UTF-16 is what every client knows."""
        self._codec, self._width = _CODECS[encoding]

    def characters(self, line: str, units: int) -> int:
        """Whole characters of a line in so many units, its end not counted."""
        visible = line.rstrip("\r\n")
        if visible.isascii():
            return min(units, len(visible))
        cut = visible.encode(self._codec)[: units * self._width]
        return len(cut.decode(self._codec, errors="ignore"))

    def count(self, text: str) -> int:
        """How many units a text has."""
        return len(text) if text.isascii() else len(text.encode(self._codec)) // self._width


class Document:
    """One open file."""

    def __init__(self, text: str, units: Units, language_id: str = "", version: int = 0) -> None:
        """`language_id` is what the client calls its language."""
        self.language_id, self.version = language_id, version
        self._units = units
        self._lines = _lines(_whole(text))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    @property
    def line_count(self) -> int:
        """The empty line behind the last line end is one."""
        return len(self._lines)

    def copy(self) -> "Document":
        """As it is now."""
        return Document(self.text, self._units, self.language_id, self.version)

    def change(self, change: TextDocumentContentChangeEvent) -> None:
        """Replace a range, or the whole text; a place behind the text's end is that end."""
        text = _whole(change.text)
        if not isinstance(change, TextDocumentContentChangePartial):
            self._lines = _lines(text)
        else:
            self._replace(self._place(change.range.start), self._place(change.range.end), text)
        self.__dict__.pop("text", None)

    def offset(self, position: Position) -> int:
        """Characters in front of a position."""
        line, character = self._place(position)
        return sum(map(len, self._lines[:line])) + character

    def position(self, offset: int) -> Position:
        """Where a character is, or the end of the text."""
        for number, line in enumerate(self._lines):
            if offset < len(line) or number == len(self._lines) - 1:
                return Position(number, self._units.count(line[:offset]))
            offset -= len(line)
        raise AssertionError("a text has a line")

    def range(self, start: int, end: int) -> Range:
        """The range between two offsets."""
        return Range(self.position(start), self.position(end))

    def _place(self, position: Position) -> tuple[int, int]:
        """Line and characters in it."""
        if position.line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        line = self._lines[position.line]
        return position.line, self._units.characters(line, position.character)

    def _replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        (first, column), (last, behind) = min(start, end), max(start, end)
        begin = max(first - 1, 0)  # a line feed may come to stand behind a carriage return
        before = "".join(self._lines[begin:first]) + self._lines[first][:column]
        lines = _lines(before + text + self._lines[last][behind:])
        if last < len(self._lines) - 1:
            lines.pop()  # the empty one: the next line is there already
        self._lines[begin : last + 1] = lines


def _lines(text: str) -> list[str]:
    """The lines with their ends; the last one has none, and may be empty."""
    lines = _LINE.findall(text)
    return lines if lines and lines[-1][-1] not in "\r\n" else [*lines, ""]


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
